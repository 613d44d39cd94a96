using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>What a session's choices, and what its owner approved of the workspace, come to as settings of the CLI.</summary>
internal static class ClaudeLaunchSettings
{
    /// <summary>
    /// What must be there at the start, in a file that the command line names. Deny rules, since only at the start a tool that is denied as a whole is not offered to
    /// the model (and not by --disallowedTools, which splits its value at spaces and commas: a rule would become several
    /// others). Hooks, since the first of them run at the start.
    /// </summary>
    /// <param name="launch">What is started.</param>
    /// <param name="hasProxy">Whether there is a way to the network: before it fetches a page the CLI asks a host of Anthropic's about the page's, which the session's own list has decided.</param>
    internal static ClaudeSettings AtStart(AgentLaunch launch, bool hasProxy) => new()
    {
        SkipWebFetchPreflight = hasProxy ? true : null,
        Permissions = launch.Settings.DisallowedTools is { Count: > 0 } denied ? new ClaudePermissionSettings { Deny = denied } : null,
        Hooks = launch.Configuration is { Hooks.Count: > 0 } configuration ? Hooks(configuration.Hooks) : null,
    };

    /// <summary>
    /// What is told once the CLI answers, and again in full when it changes. Rules that allow what only the CLI can judge (all
    /// others Claudy decides when it is asked), since --allowedTools splits its value: "Skill(a) Bash(touch *)" would become two
    /// rules, one of which nobody granted. Variables, which no file need hold.
    /// </summary>
    /// <param name="launch">What was started.</param>
    /// <param name="denied">Rules of the session and its user that deny, besides those of the start.</param>
    internal static ClaudeSettings WhenReady(AgentLaunch launch, IReadOnlyList<string> denied)
    {
        List<string> allowed = [.. launch.Settings.AllowedTools.Where(PermissionRule.IsAgentsOwn)];
        return new ClaudeSettings
        {
            // Also when there are none: what was given before is to be replaced.
            Permissions = new ClaudePermissionSettings { Allow = allowed, Deny = denied },
            Env = launch.Configuration is { Environment.Count: > 0 } configuration
                ? configuration.Environment.Where(variable => ClaudeEnvironmentNames.MayBeSet(variable.Name))
                    .ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal)
                : null,
        };
    }

    /// <summary>The text after the CLI's own system prompt: the user's, then the workspace's; null for none.</summary>
    internal static string? Prompt(AgentLaunch launch)
    {
        if (launch.Configuration is not { Instructions: { Count: > 0 } instructions })
            return launch.Settings.AppendSystemPrompt;

        IEnumerable<string?> parts =
        [
            launch.Settings.AppendSystemPrompt,
            .. instructions.Select(file => $"Contents of {file.Path} (instructions of this workspace, approved by its owner):\n\n{file.Text}"),
        ];
        return string.Join("\n\n", parts.Where(part => !string.IsNullOrEmpty(part)));
    }

    private static Dictionary<string, IReadOnlyList<ClaudeHookGroup>> Hooks(IReadOnlyList<WorkspaceHook> hooks) => hooks
        .GroupBy(hook => hook.Event, StringComparer.Ordinal)
        .ToDictionary(
            byEvent => byEvent.Key,
            IReadOnlyList<ClaudeHookGroup> (byEvent) => [.. byEvent.Select(hook => new ClaudeHookGroup(hook.Matcher, [HookOf(hook)]))],
            StringComparer.Ordinal);

    private static ClaudeHook HookOf(WorkspaceHook hook) => new(hook.Command)
    {
        Args = hook.Args,
        If = hook.If,
        Timeout = hook.TimeoutSeconds,
        Once = hook.Once ? true : null,
        Async = hook.IsAsync ? true : null,
    };
}
