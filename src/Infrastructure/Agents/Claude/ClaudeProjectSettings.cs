using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Reads <c>.claude/settings.json</c>: hooks and variables, and no other setting.</summary>
internal static class ClaudeProjectSettings
{
    private const string NeverApplied = "Claudy applies no such setting of a workspace.";
    // All hooks go into one argument of a command line, in which a character may take six.
    private const int MaxHookLength = 8 * 1024;
    private const string NotUnderstood = "Its form is none that Claudy knows.";

    // Those of 2.1.197. One that a later version adds is ignored until somebody looked at what it does.
    private static readonly HashSet<string> Events = new(StringComparer.Ordinal)
    {
        "PreToolUse", "PostToolUse", "PostToolUseFailure", "PostToolBatch", "Notification", "UserPromptSubmit", "UserPromptExpansion", "SessionStart",
        "SessionEnd", "Stop", "StopFailure", "SubagentStart", "SubagentStop", "PreCompact", "PostCompact", "PermissionRequest", "PermissionDenied",
        "TaskCreated", "TaskCompleted", "CwdChanged", "FileChanged",
    };

    private static readonly HashSet<string> HookFields = new(StringComparer.Ordinal)
    {
        "type", "command", "args", "if", "shell", "timeout", "statusMessage", "once", "async",
    };

    internal static void Read(string path, JsonElement settings, ClaudeWorkspaceDraft draft)
    {
        foreach (var setting in settings.EnumerateObject())
        {
            switch (setting.Name)
            {
                case "$schema":
                    break;
                case "hooks" when setting.Value.ValueKind == JsonValueKind.Object:
                    ReadHooks(path, setting.Value, draft);
                    break;
                case "env" when setting.Value.ValueKind == JsonValueKind.Object:
                    ReadEnvironment(path, setting.Value, draft);
                    break;
                default:
                    draft.Ignore(path, setting.Name, NeverApplied);
                    break;
            }
        }
    }

    private static void ReadEnvironment(string path, JsonElement environment, ClaudeWorkspaceDraft draft)
    {
        foreach (var variable in environment.EnumerateObject())
        {
            if (!ClaudeEnvironmentNames.MayBeSet(variable.Name))
                draft.Ignore(path, $"env.{variable.Name}", "A workspace may not set it: it could redirect requests, disarm the session or replace programs.");
            else if (variable.Value.ValueKind != JsonValueKind.String || variable.Value.GetString()!.Contains('\0', StringComparison.Ordinal))
                draft.Ignore(path, $"env.{variable.Name}", NotUnderstood);
            else
                draft.Set(variable.Name, variable.Value.GetString()!);
        }
    }

    private static void ReadHooks(string path, JsonElement hooks, ClaudeWorkspaceDraft draft)
    {
        var length = 0;
        foreach (var byEvent in hooks.EnumerateObject())
        {
            foreach (var group in Items(byEvent.Value))
            {
                foreach (var hook in Items(group.Property("hooks") ?? default))
                {
                    if (!Events.Contains(byEvent.Name) || HookOf(byEvent.Name, group, hook) is not { } understood)
                        draft.Ignore(path, $"hooks.{byEvent.Name}", NotUnderstood);
                    else if ((length += (group.Text("matcher")?.Length ?? 0) + hook.GetRawText().Length) > MaxHookLength)
                        draft.Ignore(path, $"hooks.{byEvent.Name}", $"The file has more than {MaxHookLength / 1024} KiB of hooks.");
                    else
                        draft.Hooks.Add(understood);
                }
            }
        }
    }

    private static WorkspaceHook? HookOf(string onEvent, JsonElement group, JsonElement hook)
    {
        // A field that is not understood may be what keeps the hook within bounds.
        if (hook.ValueKind != JsonValueKind.Object
            || hook.EnumerateObject().Any(field => !HookFields.Contains(field.Name))
            || hook.Text("type") != "command"
            || hook.Text("command") is not { Length: > 0 } command
            || hook.Text("shell") is not (null or "bash")
            || hook.Property("timeout") is { } timeout && (timeout.ValueKind != JsonValueKind.Number || timeout.GetDouble() is not (> 0 and <= 3_600))
            || hook.Property("if") is { ValueKind: not JsonValueKind.String }
            || hook.Property("args") is { } args && Items(args).Any(arg => arg.ValueKind != JsonValueKind.String)
            || group.Property("matcher") is { ValueKind: not JsonValueKind.String })
        {
            return null;
        }

        return new WorkspaceHook(
            onEvent,
            group.Text("matcher"),
            command,
            hook.Property("args") is { } given ? [.. Items(given).Select(arg => arg.GetString()!)] : null,
            hook.Text("if"),
            hook.Double("timeout"),
            hook.Flag("once"),
            hook.Flag("async"));
    }

    private static IEnumerable<JsonElement> Items(JsonElement? element) => element.Items();
}
