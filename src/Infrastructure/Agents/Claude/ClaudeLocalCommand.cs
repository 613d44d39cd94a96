namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Some slash commands, such as <c>/compact</c>, print their output as a message that the user seems to have sent.</summary>
internal static class ClaudeLocalCommand
{
    private static readonly string[] Tags = ["local-command-stdout", "local-command-stderr"];

    /// <summary>The output; null when it is empty or the text is something else.</summary>
    internal static string? OutputOf(string text)
    {
        foreach (var tag in Tags)
        {
            var (open, close) = ($"<{tag}>", $"</{tag}>");
            if (text.StartsWith(open, StringComparison.Ordinal) && text.EndsWith(close, StringComparison.Ordinal))
                return text[open.Length..^close.Length].Trim() is { Length: > 0 } output ? output : null;
        }

        return null;
    }
}
