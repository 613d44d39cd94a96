using System.Text.Json;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>The version of Claude Code that this Claudy is tested with: what <c>eng/claude-code/package.json</c> said when it was built.</summary>
internal static class PinnedClaudeCode
{
    public static string Version()
    {
        using var package = typeof(PinnedClaudeCode).Assembly.GetManifestResourceStream("claude-code.json")!;
        using var json = JsonDocument.Parse(package);
        return json.RootElement.GetProperty("dependencies").GetProperty("@anthropic-ai/claude-code").GetString()!;
    }
}
