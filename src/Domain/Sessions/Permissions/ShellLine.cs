using System.Text;

namespace Claudy.Domain.Sessions.Permissions;

/// <summary>
/// A command line of a POSIX shell, taken apart as far as it can be judged without running it. What is not fully understood
/// is said to be so, and never guessed.
/// </summary>
/// <param name="Commands">Every simple command that could be made out, wherever it stands: in lists, pipelines, groups, substitutions.</param>
/// <param name="IsPlain">
/// Whether the line does nothing but run <paramref name="Commands"/>: no file is redirected to or from (but <c>/dev/null</c>),
/// nothing is substituted or assigned, there is no keyword, and no part of it was not understood.
/// </param>
/// <param name="IsUnderstood">Whether <paramref name="Commands"/> are all there are; else there may be further ones.</param>
public sealed record ShellLine(IReadOnlyList<ShellCommand> Commands, bool IsPlain, bool IsUnderstood)
{
    /// <summary>The longest line that is looked at, in characters.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>Takes a line apart. Never fails: what cannot be read makes a line that is not understood.</summary>
    public static ShellLine Parse(string text) => ShellParser.Parse(text, depth: 0);

    /// <summary>Writes words so that a shell reads exactly these.</summary>
    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word) =>
        word.Length > 0 && !ShellKeywords.IsKeyword(word, out _, out _) && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:@%+,".Contains(c, StringComparison.Ordinal))
            ? word
            : new StringBuilder("'").Append(word.Replace("'", @"'\''", StringComparison.Ordinal)).Append('\'').ToString();
}

/// <summary>A simple command: its name and its arguments.</summary>
/// <param name="Words">At least one; redirections and assignments are not among them.</param>
public sealed record ShellCommand(IReadOnlyList<ShellWord> Words)
{
    /// <summary>The command's name, or null when that is known to the shell only.</summary>
    public string? Name => Words[0].Literal;
}

/// <summary>A word of a command, without its quotes.</summary>
/// <param name="Kind">What is known of it.</param>
/// <param name="Text">The word itself when it is literal; else what could be read of it.</param>
public readonly record struct ShellWord(ShellWordKind Kind, string Text)
{
    /// <summary>The word that the command gets; null when that is known to the shell only.</summary>
    public string? Literal => Kind == ShellWordKind.Literal ? Text : null;
}

/// <summary>What is known of a word before it is run.</summary>
public enum ShellWordKind
{
    /// <summary>All of it.</summary>
    Literal,

    /// <summary>That it becomes names of files: <c>*.txt</c>, <c>~/x</c>.</summary>
    Pathname,

    /// <summary>Nothing: it holds a variable or a substitution, and may become several words or none.</summary>
    Unknown,
}
