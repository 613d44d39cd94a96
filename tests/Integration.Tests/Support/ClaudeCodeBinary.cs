using Claudy.Infrastructure.Agents.Claude;
using Xunit;

namespace Claudy.Integration.Tests.Support;

/// <summary>Where the real Claude Code is: <c>CLAUDE_CODE_PATH</c>, or the one that eng/claude-code pins.</summary>
internal static class ClaudeCodeBinary
{
    /// <summary>The binary; without it the test is skipped, or fails where everything should be there (CI=true).</summary>
    public static string Require()
    {
        // Not one on PATH: it is of another version.
        var path = ClaudeBinary.Find(Environment.GetEnvironmentVariable("CLAUDE_CODE_PATH"), AppContext.BaseDirectory, searchPath: null);
        if (path is null && string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            Assert.Fail("Claude Code is missing: run eng/setup, or set CLAUDE_CODE_PATH.");
        Skip.If(path is null, "Claude Code is missing: run eng/setup, or set CLAUDE_CODE_PATH.");
        return path;
    }
}
