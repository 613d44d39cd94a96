using Xunit;

namespace Claudy.Integration.Tests.Support;

/// <summary>Where the real Claude Code is: <c>CLAUDE_CODE_PATH</c>, or the one that eng/claude-code pins.</summary>
internal static class ClaudeCodeBinary
{
    private const string Pinned = "eng/claude-code/node_modules/@anthropic-ai/claude-code-linux-x64/claude";

    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable("CLAUDE_CODE_PATH") is { Length: > 0 } configured && File.Exists(configured))
            return configured;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, Pinned);
            if (File.Exists(path))
                return path;
        }

        return null;
    }

    /// <summary>The binary; without it the test is skipped, or fails where everything should be there (CI=true).</summary>
    public static string Require()
    {
        var path = Find();
        if (path is null && string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            Assert.Fail("Claude Code is missing: run eng/setup, or set CLAUDE_CODE_PATH.");
        Skip.If(path is null, "Claude Code is missing: run eng/setup, or set CLAUDE_CODE_PATH.");
        return path;
    }
}
