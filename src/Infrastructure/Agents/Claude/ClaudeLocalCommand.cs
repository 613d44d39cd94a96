namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Some slash commands, such as <c>/compact</c>, print their output as a message that the user seems to have sent.</summary>
internal static class ClaudeLocalCommand
{
    private const string Open = "<local-command-stdout>";
    private const string Close = "</local-command-stdout>";

    /// <summary>The output; null when it is empty or the text is something else.</summary>
    internal static string? OutputOf(string text) =>
        text.StartsWith(Open, StringComparison.Ordinal) && text.EndsWith(Close, StringComparison.Ordinal)
        && text[Open.Length..^Close.Length].Trim() is { Length: > 0 } output
            ? output
            : null;
}
