namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// A permission rule in its two forms: apart, as prompts and answers have it, and as one string such as
/// <c>Bash(touch x)</c>, as settings have it. Inside the string the CLI escapes parentheses and backslashes.
/// </summary>
/// <param name="ToolName">The tool, such as <c>Bash</c>.</param>
/// <param name="RuleContent">What of it; null for all.</param>
internal readonly record struct ClaudePermissionRule(string ToolName, string? RuleContent)
{
    internal static ClaudePermissionRule Parse(string rule)
    {
        var open = IndexOfUnescaped(rule, '(', fromEnd: false);
        var close = IndexOfUnescaped(rule, ')', fromEnd: true);
        if (open <= 0 || close != rule.Length - 1 || close < open)
            return new ClaudePermissionRule(rule, null);

        var content = rule[(open + 1)..close];
        return new ClaudePermissionRule(rule[..open], content is "" or "*" ? null : Unescape(content));
    }

    public override string ToString() => RuleContent is null ? ToolName : $"{ToolName}({Escape(RuleContent)})";

    private static string Escape(string content) => content
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("(", "\\(", StringComparison.Ordinal)
        .Replace(")", "\\)", StringComparison.Ordinal);

    private static string Unescape(string content) => content
        .Replace("\\(", "(", StringComparison.Ordinal)
        .Replace("\\)", ")", StringComparison.Ordinal)
        .Replace("\\\\", "\\", StringComparison.Ordinal);

    private static int IndexOfUnescaped(string text, char wanted, bool fromEnd)
    {
        var found = -1;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != wanted || IsEscaped(text, i))
                continue;
            if (!fromEnd)
                return i;
            found = i;
        }

        return found;
    }

    private static bool IsEscaped(string text, int index)
    {
        var backslashes = 0;
        while (index - backslashes - 1 >= 0 && text[index - backslashes - 1] == '\\')
            backslashes++;
        return backslashes % 2 == 1;
    }
}
