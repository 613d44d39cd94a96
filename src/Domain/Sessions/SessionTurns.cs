using Claudy.Domain.Shared;

namespace Claudy.Domain.Sessions;

/// <content>Turns, and the process that works on them.</content>
public sealed partial class Session
{
    /// <summary>It has to wait in line for a process.</summary>
    public void AgentQueued(DateTimeOffset now) => ChangeStatusBetweenTurns(SessionStatus.Queued, now);

    /// <summary>Its process is being started.</summary>
    public void AgentStarting(DateTimeOffset now) => ChangeStatusBetweenTurns(SessionStatus.Starting, now);

    /// <summary>Its process answers: a suspended turn goes on when all is answered, else the next message begins, if one waits.</summary>
    public void AgentReady(DateTimeOffset now)
    {
        if (State.CurrentTurn is null)
        {
            StartNextTurnOrRest(now);
        }
        else
        {
            GoOn(hasAgent: true, now);
        }
    }

    /// <summary>Its process could not be started.</summary>
    public void AgentFailed(Error error, DateTimeOffset now)
    {
        Record(SessionErrorRaised.From(error), now);
        if (State is { CurrentTurn.IsSuspended: true, PendingPermissions.Count: > 0 })
        {
            // The questions stand: an answer tries again.
            return;
        }

        if (State.CurrentTurn is not { IsSuspended: true })
        {
            EndTurn("agent_stopped", PermissionReason.AgentStopped, default, 0, now);
        }

        ChangeStatus(SessionStatus.Failed, error.Reason, now);
    }

    /// <summary>
    /// Its process is gone, wanted or not: what was under way ends, what waits goes on waiting. While a human is being asked,
    /// the turn is suspended instead, and the questions stand.
    /// </summary>
    /// <param name="reason">Why, in lower snake case: <c>server_stopped</c>, <c>agent_exited</c>, <c>idle</c>.</param>
    /// <param name="now">The time.</param>
    public void AgentStopped(string reason, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return;
        }

        if (State.CurrentTurn is { IsSuspended: true })
        {
            if (State.PendingPermissions.Count == 0)
            {
                ChangeStatus(SessionStatus.Hibernated, reason, now);
            }

            return;
        }

        if (State is { CurrentTurn: { } turn, PendingPermissions.Count: > 0 })
        {
            Record(new TurnSuspended(turn.Id, reason), now);
            return;
        }

        EndTurn("agent_stopped", PermissionReason.AgentStopped, default, 0, now);
        ChangeStatus(SessionStatus.Hibernated, reason, now);
    }

    /// <summary>Goes on with a suspended turn once all that was asked is answered; nothing when there is none.</summary>
    /// <param name="hasAgent">Whether a process is there to go on in.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it needs a process for that.</returns>
    public bool GoOn(bool hasAgent, DateTimeOffset now)
    {
        if (State is not { CurrentTurn: { IsSuspended: true } turn, PendingPermissions.Count: 0 })
        {
            return false;
        }

        if (State.QuotaPause is not null)
        {
            if (hasAgent)
            {
                ChangeStatus(SessionStatus.Idle, TurnSuspended.QuotaReason, now);
            }

            return false;
        }

        if (turn.WaitsForRoom)
        {
            return GoOnWithRoom(turn, hasAgent, now);
        }

        if (turn.IsHeld)
        {
            return GoOnWithMoney(turn, hasAgent, now);
        }

        if (State.CarriedAnswers is not { Count: > 0 } answers)
        {
            // Nobody answered, so nobody waits for Claude to go on.
            LeaveSuspendedTurn("agent_stopped", PermissionReason.Expired, hasAgent, now);
            return State.Queue.Count > 0;
        }

        if (hasAgent)
        {
            Record(new TurnResumed(turn.Id, CarriedAnswer.Instruct(answers)), now);
            ChangeStatus(SessionStatus.Running, null, now);
        }

        return !hasAgent;
    }

    /// <summary>Gives a suspended turn up, as an interrupt does; nothing when there is none.</summary>
    /// <param name="hasAgent">Whether a process is there for the next message.</param>
    /// <param name="now">The time.</param>
    public void InterruptSuspendedTurn(bool hasAgent, DateTimeOffset now)
    {
        if (State.CurrentTurn is { IsSuspended: true })
        {
            LeaveSuspendedTurn("interrupted", PermissionReason.Interrupted, hasAgent, now);
        }
    }

    /// <summary>Claude began to work by itself, such as at the end of a background task; nothing when a turn is under way.</summary>
    public void EnsureTurn(DateTimeOffset now)
    {
        if (State.CurrentTurn is null && IsLive)
        {
            Record(new TurnStarted(State.TurnCount + 1, null), now);
            ChangeStatus(SessionStatus.Running, null, now);
        }
    }

    /// <summary>Claude's work ended; the next message begins, if one waits.</summary>
    /// <param name="stopReason">As <see cref="TurnCompleted.StopReason"/> has it.</param>
    /// <param name="usage">Tokens of this turn.</param>
    /// <param name="costUsd">Cost of this turn in US dollars.</param>
    /// <param name="canStart">Whether the next turn may begin; false while the process is being ended.</param>
    /// <param name="now">The time.</param>
    public void CompleteTurn(string stopReason, TokenUsage usage, decimal costUsd, bool canStart, DateTimeOffset now)
    {
        EndTurn(stopReason, PermissionReason.Withdrawn, usage, costUsd, now);
        if (canStart)
        {
            StartNextTurnOrRest(now);
        }
        else
        {
            ChangeStatus(SessionStatus.Idle, null, now);
        }
    }

    /// <summary>Whether the conversation can go back to before a turn now.</summary>
    /// <returns>Success; <c>SESSION_004</c>, <c>SESSION_018</c> for no turn of the conversation, <c>SESSION_019</c> while there is work.</returns>
    public Result CanTakeBack(long turnId)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (turnId < 1 || turnId > State.TurnCount || State.TakenBack?.Any(range => range.Contains(turnId)) == true)
        {
            return SessionErrors.NotATurn($"turn {turnId} was never there or is taken back already.");
        }

        return State.CurrentTurn is null && State.Queue.Count == 0 ? Result.Success() : SessionErrors.Busy();
    }

    private void StartNextTurnOrRest(DateTimeOffset now)
    {
        if (!IsLive)
        {
            return;
        }

        if (State is { BudgetPause: null, QuotaPause: null, Queue: [var next, ..] })
        {
            Record(new QueueChanged(QueueChange.Started, next.Id, null), now);
            StartTurn(next, now);
        }
        else
        {
            ChangeStatus(SessionStatus.Idle, null, now);
        }
    }

    private void StartTurn(ChatMessage message, DateTimeOffset now)
    {
        Record(new UserMessageAdded(message), now);
        Record(new TurnStarted(State.TurnCount + 1, message.Id), now);
        ChangeStatus(SessionStatus.Running, null, now);
    }

    private void EndTurn(string stopReason, string permissionReason, TokenUsage usage, decimal costUsd, DateTimeOffset now)
    {
        foreach (var pending in State.PendingPermissions)
        {
            Record(new PermissionResolved(pending.Id, PermissionDecision.Deny, permissionReason, null, []), now);
        }

        if (State.CurrentTurn is { } turn)
        {
            var (used, cost) = (usage + (turn.UsageSoFar ?? default), costUsd + (turn.CostSoFarUsd ?? 0));
            Record(new TurnCompleted(turn.Id, stopReason, used, cost, now - turn.StartedAt), now);
        }
    }

    private void LeaveSuspendedTurn(string stopReason, string permissionReason, bool hasAgent, DateTimeOffset now)
    {
        EndTurn(stopReason, permissionReason, default, 0, now);
        if (hasAgent)
        {
            StartNextTurnOrRest(now);
        }
        else
        {
            ChangeStatus(SessionStatus.Hibernated, stopReason, now);
        }
    }
}
