using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>
/// Keeps what a workspace's own files would configure without effect until the owner approves it, and replaces a running
/// agent when something else holds than what it was started with. Runs on the session's loop only.
/// </summary>
internal sealed class ConfigurationQuarantine(Session session, AgentSlot slot, AgentLifecycle agent, ISessionLoop loop, TimeProvider time)
{
    private const string Changed = "configuration_changed";
    private Task _looking = Task.CompletedTask;

    /// <summary>Looks at the workspace beside the loop.</summary>
    public void Look() => _looking = LookAsync(_looking);

    /// <summary>Takes the owner's decision about what was shown.</summary>
    public Result Review(string digest, ConfigurationDecision decision) =>
        ReplacingAgent(() => session.ReviewConfiguration(digest, decision, time.GetUtcNow()));

    /// <summary>The vault has other MCP servers for this session from now on.</summary>
    public Result UseMcpServers(IReadOnlyList<string> names)
    {
        var settings = session.State.Settings with { McpServers = names.Count > 0 ? names : null };
        var changed = session.ChangeSettings(settings, time.GetUtcNow());
        if (changed.IsSuccess)
        {
            agent.Replace(Changed);
        }

        return changed;
    }

    private async Task LookAsync(Task previous)
    {
        // One after the other, so that what is posted last was read last.
        await previous;
        if (await slot.Configuration.LookAsync(CancellationToken.None) is { } found)
        {
            await loop.PostAsync(() => ReplacingAgent(() =>
            {
                session.ConfigurationFound(found, time.GetUtcNow());
                return Result.Success();
            }));
        }
    }

    private Result ReplacingAgent(Func<Result> change)
    {
        var before = session.State.ApprovedConfiguration()?.Digest;
        var outcome = change();
        if (session.State.ApprovedConfiguration()?.Digest != before)
        {
            agent.Replace(Changed);
        }

        return outcome;
    }
}
