using System.Text;

namespace Claudy.Domain.Sessions.Permissions;

/// <summary>What a rule does to a tool call that it matches.</summary>
public enum PermissionEffect
{
    /// <summary>It runs without asking.</summary>
    Allow,

    /// <summary>It does not run.</summary>
    Deny,
}

/// <summary>
/// A rule for tool calls in Claude Code's form: <c>Bash(git status)</c>, <c>Read(//etc/**)</c>, <c>mcp__server</c>. Within the
/// parentheses, parentheses and backslashes are escaped by a backslash where they would be misread.
/// </summary>
/// <param name="Tool">The tool, such as <c>Bash</c>.</param>
/// <param name="Content">What of it; null for all.</param>
public sealed record PermissionRule(string Tool, string? Content)
{
    /// <summary>The longest rule, in characters.</summary>
    public const int MaxLength = 1_000;

    private const int MaxToolLength = 200;

    /// <summary>Reads a rule; null when it is none, or one whose content Claudy does not understand.</summary>
    public static PermissionRule? TryParse(string text) =>
        Split(text) is { } rule && (rule.Content is null || RuleContents.Understands(rule)) ? rule : null;

    /// <summary>A rule that can be read, written as all others are: <c>Bash(*)</c> is <c>Bash</c>.</summary>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public static string Canonical(string text) => TryParse(text)?.ToString() ?? throw new FormatException("Not a permission rule.");

    /// <summary>Whether a rule is about a part of a tool's calls that only Claude Code can judge, such as <c>Skill(review)</c>.</summary>
    public static bool IsAgentsOwn(string text) => Split(text) is { Content: not null } rule && !RuleContents.IsJudged(rule.Tool);

    /// <summary>Reads a rule's form only: whatever its content says.</summary>
    internal static PermissionRule? Split(string text)
    {
        if (text.Length > MaxLength || text.Any(char.IsControl))
            return null;

        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
            return IsTool(text) ? new PermissionRule(text, null) : null;
        if (!text.EndsWith(')') || IsEscaped(text, text.Length - 1) || !IsTool(text[..open]))
            return null;

        var content = Unescape(text[(open + 1)..^1]);
        return new PermissionRule(text[..open], content is "" or "*" ? null : content);
    }

    /// <summary>Claude Code's form.</summary>
    public override string ToString() => Content is null ? Tool : $"{Tool}({Escape(Content)})";

    private static bool IsTool(string text) =>
        text.Length is > 0 and <= MaxToolLength && char.IsAsciiLetter(text[0])
        && (text.EndsWith("__*", StringComparison.Ordinal) ? text[..^1] : text).All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':');

    private static bool IsEscaped(string text, int index)
    {
        var backslashes = 0;
        while (index - backslashes - 1 >= 0 && text[index - backslashes - 1] == '\\')
            backslashes++;
        return backslashes % 2 == 1;
    }

    private static string Escape(string content)
    {
        var result = new StringBuilder(content.Length);
        foreach (var c in content)
            (c is '\\' or '(' or ')' ? result.Append('\\') : result).Append(c);
        return result.ToString();
    }

    private static string Unescape(string content)
    {
        var result = new StringBuilder(content.Length);
        var isEscaped = false;
        for (var i = 0; i < content.Length; i++)
        {
            isEscaped = !isEscaped && content[i] == '\\' && i + 1 < content.Length && content[i + 1] is '\\' or '(' or ')';
            if (!isEscaped)
                result.Append(content[i]);
        }

        return result.ToString();
    }
}
