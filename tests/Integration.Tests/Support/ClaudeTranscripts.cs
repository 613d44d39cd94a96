using Claudy.Integration.Tests.Processes;

namespace Claudy.Integration.Tests.Support;

/// <summary>Claude Code's own transcripts, which it writes a moment after it has spoken.</summary>
internal static class ClaudeTranscripts
{
    /// <summary>Waits until a transcript beneath a folder holds a text; before that, a kill would take it along.</summary>
    public static Task HoldAsync(string folder, string text) => Eventually.IsTrueAsync(
        () => Directory.EnumerateFiles(folder, "*.jsonl", SearchOption.AllDirectories)
            .Any(path => File.ReadAllText(path).Contains(text, StringComparison.Ordinal)),
        $"a transcript holds \"{text}\"");
}
