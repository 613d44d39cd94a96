using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>Whether Claude Code can be started, in which version, and in what sandbox.</summary>
internal static class AgentCheck
{
    public static async Task<IReadOnlyList<Finding>> RunAsync(IAgentLauncher launcher, string pinnedVersion, CancellationToken cancellationToken)
    {
        var probed = await launcher.ProbeAsync(cancellationToken);
        if (!probed.IsSuccess)
        {
            return [new Finding("Claude Code", Severity.Missing, probed.Error.Message, "Run eng/setup, or set CLAUDE_CODE_PATH to the claude binary.")];
        }

        var agent = probed.Value;
        return [Version(agent, pinnedVersion), Sandbox(agent), Limits(agent), Network(launcher)];
    }

    private static Finding Version(AgentInfo agent, string pinnedVersion) => agent.Version == pinnedVersion
        ? new Finding("Claude Code", Severity.Ok, $"{agent.Version} at {agent.Path}")
        : new Finding(
            "Claude Code",
            Severity.Warning,
            $"{agent.Version} at {agent.Path}; this Claudy is tested with {pinnedVersion}",
            "Run eng/setup to get the tested version, and unset CLAUDE_CODE_PATH.");

    // Whoever asks for a list asks for it to hold.
    private static Finding Network(IAgentLauncher launcher) => launcher.WhyNoNetwork(NetworkMode.AllowList) is { } why
        ? new Finding("Network", Severity.Warning, $"sessions cannot be given a list of hosts: {why}", "apt install bubblewrap socat util-linux")
        : new Finding("Network", Severity.Ok, "sessions can be given hosts; Claudy:Network in docs/configuration.md says which");

    private static Finding Sandbox(AgentInfo agent) => agent.Sandbox is { } sandbox
        ? new Finding("Sandbox", Severity.Ok, sandbox)
        : new Finding(
            "Sandbox",
            Severity.Warning,
            "none: sessions run with the rights of this server",
            "apt install bubblewrap util-linux, and allow user namespaces (eng/setup says how); docs/security.md tells what it is for.");

    private static Finding Limits(AgentInfo agent) => agent is { Limits: { } limits, Unlimited: null }
        ? new Finding("Limits", Severity.Ok, limits)
        : new Finding(
            "Limits",
            Severity.Warning,
            $"{agent.Limits ?? "none"}; not limited is {agent.Unlimited}",
            "Run Claudy as a systemd service with Delegate=yes, or as `systemd-run --user --scope -p Delegate=yes ./claudy`; docs/operations.md tells more.");
}
