using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Sessions;

/// <summary>When a session pauses since its workspace holds too much, and when it goes on. Runs on the session's loop.</summary>
internal sealed class QuotaGate(Session session, AgentLifecycle agent, AgentSlot slot, ISessionLoop loop, TimeProvider time)
{
    private const string StopReason = TurnSuspended.QuotaReason;

    // Not only the server deletes: an operator may, too.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private WorkspaceUsage? _most;
    private DateTimeOffset _lookedAt;
    private bool _isLooking;

    /// <summary>Whether something waits for room: then the session must stay up, to see it come.</summary>
    public bool IsAwaited => session.IsLive && session.State is { QuotaPause: not null, WaitsForMoney: true };

    /// <summary>The workspace holds too much: whatever adds to it is ended.</summary>
    public void Exceeded(WorkspaceUsage usage)
    {
        // A process may be there all the same, such as to take a turn back; it may not add to it.
        if (!session.IsLive || !usage.IsExceeded || (_most ?? session.State.QuotaPause) is { } before && !usage.IsMoreThan(before))
        {
            return;
        }

        _most = usage;
        session.PauseForQuota(usage, time.GetUtcNow());
        agent.Stop(StopReason, static () => { });
    }

    /// <summary>Some files changed: there may be room again.</summary>
    public void FilesChanged() => Look();

    /// <summary>Looks now and then whether there is room again.</summary>
    public void Tick()
    {
        if (time.GetUtcNow() - _lookedAt >= LookInterval)
        {
            Look();
        }
    }

    private void Look()
    {
        if (_isLooking || !session.IsLive || session.State.QuotaPause is null)
        {
            return;
        }

        _isLooking = true;
        slot.MeasureWorkspace(usage => loop.PostAsync(() => Looked(usage)));
    }

    private void Looked(WorkspaceUsage? usage)
    {
        _isLooking = false;
        _lookedAt = time.GetUtcNow();
        if (usage is not { HasRoomAgain: true } || session.State.QuotaPause is null)
        {
            return;
        }

        _most = null;
        if (session.ResumeFromQuota(usage, agent.IsThere && !agent.IsToBeReplaced, time.GetUtcNow()))
        {
            agent.Start(isAskedFor: true);
        }
    }
}
