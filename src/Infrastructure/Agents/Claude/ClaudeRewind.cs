using System.Text.Json;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Reads the CLI's answers to <c>rewind_files</c>.</summary>
internal static class ClaudeRewind
{
    private const string InsideSandbox = "/workspace/";

    /// <summary>Why nothing can be put back; null when it can.</summary>
    internal static Error? WhyNot(JsonElement answer) => answer.Flag("canRewind")
        ? null
        : SessionErrors.ControlFailed(answer.Text("error") ?? "it cannot put the files back.");

    /// <summary>The files that it is about, relative to the workspace where they are in it.</summary>
    internal static IReadOnlyList<string> FilesOf(JsonElement answer, string workspacePath) =>
    [
        .. answer.Property("filesChanged").Items()
            .Where(file => file.ValueKind == JsonValueKind.String)
            .Select(file => Relative(file.GetString()!, workspacePath.TrimEnd('/') + '/')),
    ];

    private static string Relative(string path, string workspace)
    {
        if (path.StartsWith(InsideSandbox, StringComparison.Ordinal))
            return path[InsideSandbox.Length..];
        return path.StartsWith(workspace, StringComparison.Ordinal) ? path[workspace.Length..] : path;
    }
}
