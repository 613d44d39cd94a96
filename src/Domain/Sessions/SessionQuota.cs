using Claudy.Domain.Workspaces;

namespace Claudy.Domain.Sessions;

/// <content>Pausing when the workspace holds more than it may.</content>
public sealed partial class Session
{
    private const string QuotaInstruction =
        "You were stopped in the middle of your work because the workspace held more than it may. There is room again: go on with what the user asked for, from where you stopped, and keep the workspace small.";

    /// <summary>
    /// The workspace is over its limit: no turn begins from now on, and the one that is under way waits. Its process is to be ended.
    /// Harmless when that is so already.
    /// </summary>
    public void PauseForQuota(WorkspaceUsage usage, DateTimeOffset now)
    {
        if (!IsLive || State.QuotaPause is not null)
        {
            return;
        }

        Record(new QuotaPaused(usage), now);
        HoldTurn(TurnSuspended.QuotaReason, null, null, now);
    }

    /// <summary>There is room again: a held turn goes on, else the next message begins. Nothing when it is not paused.</summary>
    /// <param name="usage">What the workspace holds now.</param>
    /// <param name="hasAgent">Whether a process is there to go on in.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it needs a process for that.</returns>
    public bool ResumeFromQuota(WorkspaceUsage usage, bool hasAgent, DateTimeOffset now)
    {
        if (!IsLive || State.QuotaPause is null)
        {
            return false;
        }

        Record(new QuotaResumed(usage), now);
        return GoOnAfterPause(hasAgent, now);
    }

    private bool GoOnWithRoom(Turn turn, bool hasAgent, DateTimeOffset now)
    {
        if (State.BudgetPause is not null)
        {
            return false;
        }

        if (hasAgent)
        {
            Record(new TurnResumed(turn.Id, QuotaInstruction), now);
            ChangeStatus(SessionStatus.Running, null, now);
        }

        return !hasAgent;
    }
}
