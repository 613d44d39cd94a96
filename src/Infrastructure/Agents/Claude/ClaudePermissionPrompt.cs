using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Translates the CLI's control requests. Only permission prompts are offered an answer by Claudy's users.</summary>
internal static class ClaudePermissionPrompt
{
    internal static ClaudeControl? Map(JsonElement message, ICollection<AgentEvent> events)
    {
        if (message.Text("request_id") is not { } requestId || message.Property("request") is not { } request)
        {
            events.Add(new AgentEvent.Unknown("control_request", message.Clone()));
            return null;
        }

        var subtype = request.Text("subtype") ?? "untyped";
        if (subtype != "can_use_tool" || request.Text("tool_name") is not { } toolName || request.Property("input") is not { ValueKind: JsonValueKind.Object } input)
            return new ClaudeControl.Unsupported(requestId, subtype);

        var rules = SuggestedRules(request);
        events.Add(new AgentEvent.PermissionRequest(
            requestId,
            toolName,
            input.Clone(),
            request.Text("description"),
            request.Text("tool_use_id"),
            request.Text("blocked_path"),
            rules,
            rules.Count == 0 ? SuggestedMode(request) : null)
        {
            IsSensitive = request.Text("decision_reason_type") == "safetyCheck",
            LeavesWorkspace = request.Text("decision_reason_type") == "workingDir",
        });
        return null;
    }

    private static List<string> SuggestedRules(JsonElement request) =>
    [
        .. Suggestions(request, "addRules")
            .Where(suggestion => suggestion.Text("behavior") == "allow")
            .SelectMany(suggestion => suggestion.Property("rules").Items())
            .Where(rule => rule.Text("toolName") is not null)
            .Select(rule => new PermissionRule(rule.Text("toolName")!, rule.Text("ruleContent")).ToString()),
    ];

    private static PermissionMode? SuggestedMode(JsonElement request) =>
        Suggestions(request, "setMode")
            .Select(suggestion => ClaudePermissionModes.FromName(suggestion.Text("mode")))
            .FirstOrDefault(mode => mode is not null);

    private static IEnumerable<JsonElement> Suggestions(JsonElement request, string type) =>
        request.Property("permission_suggestions").Items().Where(suggestion => suggestion.Text("type") == type);
}
