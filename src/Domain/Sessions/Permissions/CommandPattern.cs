namespace Claudy.Domain.Sessions.Permissions;

/// <summary>
/// What a rule for Bash says of a command: <c>git status</c> exactly these words, <c>npm run:*</c> or <c>npm run *</c> these and
/// any further ones, <c>npm run test*</c> with any characters within that word. Words are compared whole, never their letters.
/// </summary>
internal sealed class CommandPattern
{
    private readonly IReadOnlyList<string> _words;
    private readonly bool _takesMore;

    private CommandPattern(IReadOnlyList<string> words, bool takesMore)
    {
        _words = words;
        _takesMore = takesMore;
    }

    private bool HasWildcard => _takesMore || _words.Any(w => w.Contains(Wildcard.Any));

    /// <summary>Reads a rule's content; null when it is not one plain command.</summary>
    public static CommandPattern? TryParse(string content)
    {
        var takesMore = content.EndsWith(":*", StringComparison.Ordinal) || content.EndsWith(" *", StringComparison.Ordinal);
        if (Wildcard.Protect(takesMore ? content[..^2] : content) is not { } text || ShellLine.Parse(text) is not { IsPlain: true, Commands: [var command] })
            return null;
        return command.Words.All(w => w.Literal is not null) ? new CommandPattern([.. command.Words.Select(w => w.Text)], takesMore) : null;
    }

    /// <summary>Whether a rule that allows this allows that command.</summary>
    /// <param name="command">A command of a plain line.</param>
    /// <param name="isAlone">Whether it is the line's only one.</param>
    public bool Allows(ShellCommand command, bool isAlone)
    {
        if (command.Words.Count < _words.Count || (command.Words.Count > _words.Count && !_takesMore))
            return false;
        if (CommandRunners.IsRunner(command) && HasWildcard)
            return false;
        if (CommandRunners.IsChanger(command) && (HasWildcard || !isAlone))
            return false;
        return _words.Zip(command.Words).All(pair => pair.Second.Literal is { } literal && Wildcard.Matches(pair.First, literal))
            && command.Words.Skip(_words.Count).All(w => w.Kind != ShellWordKind.Unknown);
    }

    /// <summary>Whether a rule that denies this denies that command; null when only the shell knows.</summary>
    public bool? Denies(IReadOnlyList<ShellWord> command)
    {
        for (var i = 0; i < _words.Count; i++)
        {
            if (i >= command.Count)
                return false;
            if (command[i].Literal is not { } literal)
                return null;
            if (!Wildcard.Matches(_words[i], literal) && !(i == 0 && Wildcard.Matches(_words[0], CommandRunners.BaseName(literal)!)))
                return false;
        }

        if (_takesMore || command.Count == _words.Count)
            return true;

        // An unknown word may turn out to be none.
        return command.Skip(_words.Count).All(w => w.Kind == ShellWordKind.Unknown) ? null : false;
    }
}

/// <summary>The star of a rule.</summary>
internal static class Wildcard
{
    /// <summary>Stands for an unquoted star while a rule is read, since a shell would take that for names of files.</summary>
    public const char Any = '\uE000';

    /// <summary>Marks the stars of a rule that stand for any characters; null when it holds the mark itself.</summary>
    public static string? Protect(string content)
    {
        if (content.Contains(Any))
            return null;

        var result = content.ToCharArray();
        var quote = '\0';
        var isEscaped = false;
        for (var i = 0; i < result.Length; i++)
        {
            var c = result[i];
            if (isEscaped)
                isEscaped = false;
            else if (c == '\\' && quote != '\'')
                isEscaped = true;
            else if (quote == '\0' && c == '*')
                result[i] = Any;
            else if (quote == '\0' && c is '\'' or '"')
                quote = c;
            else if (quote == c)
                quote = '\0';
        }

        return new string(result);
    }

    /// <summary>Whether a text is the pattern, with any characters in the place of each mark.</summary>
    public static bool Matches(string pattern, string text)
    {
        var parts = pattern.Split(Any);
        if (parts.Length == 1)
            return pattern == text;
        if (!text.StartsWith(parts[0], StringComparison.Ordinal))
            return false;

        var at = parts[0].Length;
        for (var i = 1; i < parts.Length - 1; i++)
        {
            var found = text.IndexOf(parts[i], at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + parts[i].Length;
        }

        return text.Length - at >= parts[^1].Length && text.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
