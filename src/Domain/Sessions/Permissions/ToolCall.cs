using System.Text.Json;

namespace Claudy.Domain.Sessions.Permissions;

/// <summary>A tool call about which Claude Code asks.</summary>
/// <param name="Tool">The tool, such as <c>Bash</c>.</param>
/// <param name="Input">Its arguments, a JSON object.</param>
/// <param name="Workspace">The workspace as the agent sees it, an absolute path.</param>
public sealed record ToolCall(string Tool, JsonElement Input, string Workspace)
{
    private static readonly HashSet<string> BashFields = new(StringComparer.Ordinal) { "command", "description", "timeout", "run_in_background" };

    /// <summary>Whether Claude Code says that it touches what must always be asked about, such as <c>.git/hooks</c>.</summary>
    public bool IsSensitive { get; init; }

    /// <summary>Whether Claude Code says that it leads out of the workspace, where a link may lead though the path does not say so.</summary>
    public bool LeavesWorkspace { get; init; }

    /// <summary>Whether only a person can answer it: it is a question itself.</summary>
    public bool IsQuestion => Tool is "AskUserQuestion" or "ExitPlanMode";

    /// <summary>The command line of a Bash call; null for another tool, or when the call says more than what to run, such as to leave the sandbox.</summary>
    internal string? CommandLine =>
        Tool == "Bash" && Input.ValueKind == JsonValueKind.Object && Input.EnumerateObject().All(given => BashFields.Contains(given.Name)) ? Text("command") : null;

    /// <summary>An argument that is text, or null.</summary>
    internal string? Text(string name) =>
        Input.ValueKind == JsonValueKind.Object && Input.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
