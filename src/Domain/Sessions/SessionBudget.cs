using Claudy.Domain.Usage;

namespace Claudy.Domain.Sessions;

/// <content>Pausing when a hard budget is spent.</content>
public sealed partial class Session
{
    private const string BudgetInstruction =
        "You were stopped in the middle of your work because a budget was spent. There is money again: go on with what the user asked for, from where you stopped.";

    /// <summary>A hard budget is spent: no turn begins from now on. Harmless when that is so already.</summary>
    public void PauseForBudget(BudgetReached reached, DateTimeOffset now)
    {
        if (IsLive && State.BudgetPause is null)
        {
            Record(new BudgetPaused(reached), now);
        }
    }

    /// <summary>The turn that is under way waits for money instead of ending; nothing when it waits already.</summary>
    /// <param name="usage">Tokens that it took since it began or went on.</param>
    /// <param name="costUsd">What it cost since then, in US dollars.</param>
    /// <param name="now">The time.</param>
    public void HoldTurn(TokenUsage usage, decimal costUsd, DateTimeOffset now) => HoldTurn(TurnSuspended.BudgetReason, usage, costUsd, now);

    private void HoldTurn(string reason, TokenUsage? usage, decimal? costUsd, DateTimeOffset now)
    {
        if (State.CurrentTurn is not { IsSuspended: false } turn)
        {
            return;
        }

        foreach (var pending in State.PendingPermissions)
        {
            Record(new PermissionResolved(pending.Id, PermissionDecision.Deny, PermissionReason.Withdrawn, null, []), now);
        }

        Record(new TurnSuspended(turn.Id, reason) { Usage = usage, CostUsd = costUsd }, now);
        ChangeStatus(SessionStatus.Idle, reason, now);
    }

    /// <summary>There is money again: a held turn goes on, else the next message begins. Nothing when it is not paused.</summary>
    /// <param name="hasAgent">Whether a process is there to go on in.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it needs a process for that.</returns>
    public bool ResumeFromBudget(bool hasAgent, DateTimeOffset now)
    {
        if (!IsLive || State.BudgetPause is not { } pause)
        {
            return false;
        }

        Record(new BudgetResumed(pause.Scope), now);
        return GoOnAfterPause(hasAgent, now);
    }

    // Another pause may hold: then nothing begins.
    private bool GoOnAfterPause(bool hasAgent, DateTimeOffset now)
    {
        if (State.CurrentTurn is not null)
        {
            return GoOn(hasAgent, now);
        }

        if (hasAgent && State.Status == SessionStatus.Idle)
        {
            StartNextTurnOrRest(now);
        }

        return !hasAgent && State.HasWork;
    }

    private bool GoOnWithMoney(Turn turn, bool hasAgent, DateTimeOffset now)
    {
        if (State.BudgetPause is not null)
        {
            if (hasAgent)
            {
                ChangeStatus(SessionStatus.Idle, TurnSuspended.BudgetReason, now);
            }

            return false;
        }

        if (hasAgent)
        {
            Record(new TurnResumed(turn.Id, BudgetInstruction), now);
            ChangeStatus(SessionStatus.Running, null, now);
        }

        return !hasAgent;
    }
}
