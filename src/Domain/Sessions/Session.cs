using System.Text.Json;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Domain.Sessions;

/// <summary>
/// A session and its rules. Every method decides and records events; <see cref="TakeUncommitted"/> hands them over to be
/// stored. No I/O, no clock: whoever calls gives the time.
/// </summary>
/// <remarks>Not thread-safe: one runner owns it.</remarks>
public sealed partial class Session
{
    /// <summary>How many messages may wait.</summary>
    public const int QueueLimit = 100;

    /// <summary>How many bytes of text and images may wait.</summary>
    public const long QueueByteLimit = 32 * 1024 * 1024;

    private List<StoredEvent> _uncommitted = [];

    private Session(SessionId id, UserId owner, DateTimeOffset createdAt, SessionState state, long lastSeq, DateTimeOffset lastActivityAt)
    {
        Id = id;
        Owner = owner;
        CreatedAt = createdAt;
        State = state;
        LastSeq = lastSeq;
        LastActivityAt = lastActivityAt;
    }

    /// <summary>Its name for machines.</summary>
    public SessionId Id { get; }

    /// <summary>Whose it is.</summary>
    public UserId Owner { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>When its last event was recorded.</summary>
    public DateTimeOffset LastActivityAt { get; private set; }

    /// <summary>The seq of its last event, committed or not.</summary>
    public long LastSeq { get; private set; }

    /// <summary>All that it is now.</summary>
    public SessionState State { get; private set; }

    /// <summary>Whether it still takes messages.</summary>
    public bool IsLive => State.Status != SessionStatus.Terminated;

    /// <summary>A new session, without a process.</summary>
    public static Session Create(SessionId id, UserId owner, SessionSettings settings, DateTimeOffset now)
    {
        var created = new SessionCreated(settings);
        var session = new Session(id, owner, now, SessionState.Initial(created), 0, now);
        session.Record(created, now);
        return session;
    }

    /// <summary>A session as it was after <paramref name="lastSeq"/>.</summary>
    public static Session Restore(SessionId id, UserId owner, DateTimeOffset createdAt, SessionState state, long lastSeq, DateTimeOffset lastActivityAt) =>
        new(id, owner, createdAt, state, lastSeq, lastActivityAt);

    /// <summary>Catches up with an event that the log has and the snapshot had not.</summary>
    /// <exception cref="InvalidOperationException">The event is not the next one.</exception>
    public void Replay(StoredEvent stored)
    {
        if (stored.Seq != LastSeq + 1)
        {
            throw new InvalidOperationException($"Event {stored.Seq} cannot follow {LastSeq}.");
        }

        State = State.Apply(stored.Event, stored.At);
        LastSeq = stored.Seq;
        LastActivityAt = stored.At;
    }

    /// <summary>The events recorded since the last call, in order.</summary>
    public IReadOnlyList<StoredEvent> TakeUncommitted()
    {
        var taken = _uncommitted;
        _uncommitted = [];
        return taken;
    }

    /// <summary>Records something that Claude or the server did and that changes no rule.</summary>
    public void Record(SessionEvent sessionEvent, DateTimeOffset now)
    {
        LastSeq++;
        LastActivityAt = now;
        State = State.Apply(sessionEvent, now);
        _uncommitted.Add(new StoredEvent(LastSeq, now, sessionEvent));
    }

    /// <summary>Takes a message: its turn begins at once when the session is idle, else it waits.</summary>
    /// <param name="message">The message.</param>
    /// <param name="canStart">Whether its turn may begin; false while the process is being ended.</param>
    /// <param name="now">The time.</param>
    /// <returns>Its id and place: 0 when its turn began, else 1, 2, 3 … in the queue. The same for a message sent again.</returns>
    public Result<AcceptedAt> AcceptMessage(ChatMessage message, bool canStart, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (message.ClientId is { } clientId && Accepted(clientId, now) is { } accepted)
        {
            return accepted.Fingerprint == AcceptedMessage.FingerprintOf(message)
                ? new AcceptedAt(accepted.MessageId, PositionOf(accepted.MessageId), IsRepeat: true)
                : SessionErrors.MessageIdReused(clientId);
        }

        if (State.Queue.Count >= QueueLimit || State.Queue.Sum(m => m.Size) + message.Size > QueueByteLimit)
        {
            return SessionErrors.QueueFull(QueueLimit, QueueByteLimit);
        }

        if (canStart && State is { Status: SessionStatus.Idle, Queue.Count: 0 })
        {
            StartTurn(message, now);
        }
        else
        {
            Record(new QueueChanged(QueueChange.Added, message.Id, message), now);
        }

        return new AcceptedAt(message.Id, PositionOf(message.Id), IsRepeat: false);
    }

    /// <summary>Takes a waiting message back.</summary>
    public Result CancelMessage(string messageId, DateTimeOffset now)
    {
        if (PositionOf(messageId) == 0)
        {
            return SessionErrors.MessageNotQueued(messageId);
        }

        Record(new QueueChanged(QueueChange.Cancelled, messageId, null), now);
        return Result.Success();
    }

    /// <summary>Changes the text of a waiting message; it keeps its place and its images.</summary>
    public Result EditMessage(string messageId, string text, DateTimeOffset now)
    {
        if (State.Queue.FirstOrDefault(m => m.Id == messageId) is not { } message)
        {
            return SessionErrors.MessageNotQueued(messageId);
        }

        var edited = message with { Text = text };
        if (State.Queue.Sum(m => m.Size) - message.Size + edited.Size > QueueByteLimit)
        {
            return SessionErrors.QueueFull(QueueLimit, QueueByteLimit);
        }

        if (edited != message)
        {
            Record(new QueueChanged(QueueChange.Edited, messageId, edited), now);
        }

        return Result.Success();
    }

    /// <summary>Puts a waiting message before all others.</summary>
    public Result PutFirst(string messageId, DateTimeOffset now)
    {
        var position = PositionOf(messageId);
        if (position == 0)
        {
            return SessionErrors.MessageNotQueued(messageId);
        }

        if (position > 1)
        {
            Record(new QueueChanged(QueueChange.Moved, messageId, null), now);
        }

        return Result.Success();
    }

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
        EndTurn("agent_stopped", PermissionReason.AgentStopped, default, 0, now);
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
        if (!IsLive || State.CurrentTurn is { IsSuspended: true })
        {
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

        if (State.CarriedAnswers is not { Count: > 0 } answers)
        {
            // Nobody answered, so nobody waits for Claude to go on.
            LeaveSuspendedTurn("agent_stopped", PermissionReason.Expired, hasAgent, now);
            return State.Queue.Count > 0;
        }

        if (hasAgent)
        {
            Record(new TurnResumed(turn.Id, CarriedAnswer.Instruct(answers)), now);
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

    /// <summary>The answer that a user gave to this call before its process was lost; null when there is none.</summary>
    public CarriedAnswer? CarriedAnswerTo(string toolName, JsonElement input) =>
        State.CarriedAnswers?.FirstOrDefault(a => a.Answers(toolName, input));

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

    /// <summary>A tool call waits for a human.</summary>
    public void RequestPermission(PermissionRequest request, DateTimeOffset now)
    {
        EnsureTurn(now);
        Record(new PermissionRequested(request), now);
        ChangeStatus(SessionStatus.AwaitingPermission, null, now);
    }

    /// <summary>Answers or withdraws a permission request; the first answer wins.</summary>
    /// <returns>The request that was pending, or <c>SESSION_006</c>.</returns>
    public Result<PermissionRequest> ResolvePermission(
        string requestId,
        PermissionDecision decision,
        string reason,
        string? message,
        IReadOnlyList<string> rememberedRules,
        DateTimeOffset now,
        JsonElement? updatedInput = null,
        bool forUser = false)
    {
        var request = State.PendingPermissions.FirstOrDefault(p => p.Id == requestId);
        if (request is null)
        {
            return SessionErrors.PermissionNotPending(requestId);
        }

        Record(new PermissionResolved(requestId, decision, reason, message, rememberedRules, updatedInput) { RememberedForUser = forUser }, now);
        if (State is { Status: SessionStatus.AwaitingPermission, PendingPermissions.Count: 0 })
        {
            ChangeStatus(SessionStatus.Running, null, now);
        }

        return request;
    }

    /// <summary>A tool call was decided without asking anybody.</summary>
    public void DecidePermission(PermissionResolved decided, DateTimeOffset now)
    {
        EnsureTurn(now);
        Record(decided, now);
    }

    /// <summary>Changes the rules that hold for the session; nothing when they are the same.</summary>
    public Result ChangeRules(Permissions.PermissionRules rules, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (!rules.Allowed.SequenceEqual(State.Rules.Allowed, StringComparer.Ordinal) || !rules.Denied.SequenceEqual(State.Rules.Denied, StringComparer.Ordinal))
        {
            Record(new PermissionRulesChanged(rules.Allowed, rules.Denied), now);
        }

        return Result.Success();
    }

    /// <summary>Pending requests whose time is over.</summary>
    public IReadOnlyList<PermissionRequest> ExpiredPermissions(DateTimeOffset now) =>
        [.. State.PendingPermissions.Where(p => p.ExpiresAt <= now)];

    /// <summary>Changes name, model or mode; nothing when they are the same.</summary>
    public Result ChangeSettings(SessionSettings settings, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (settings != State.Settings)
        {
            Record(new SettingsChanged(settings), now);
        }

        return Result.Success();
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

    /// <summary>Ends the session for good: the turn ends, the queue is dropped. Harmless when it is over.</summary>
    public void Terminate(string reason, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return;
        }

        EndTurn("agent_stopped", PermissionReason.AgentStopped, default, 0, now);
        foreach (var message in State.Queue)
        {
            Record(new QueueChanged(QueueChange.Cancelled, message.Id, null), now);
        }

        ChangeStatus(SessionStatus.Terminated, reason, now);
    }

    private AcceptedMessage? Accepted(string clientId, DateTimeOffset now) =>
        State.AcceptedMessages.FirstOrDefault(a => a.ClientId == clientId && now - a.At < SessionState.MessageIdLifetime);

    private int PositionOf(string messageId)
    {
        for (var i = 0; i < State.Queue.Count; i++)
        {
            if (State.Queue[i].Id == messageId)
            {
                return i + 1;
            }
        }

        return 0;
    }

    private void StartNextTurnOrRest(DateTimeOffset now)
    {
        if (!IsLive)
        {
            return;
        }

        if (State.Queue is [var next, ..])
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
            Record(new TurnCompleted(turn.Id, stopReason, usage, costUsd, now - turn.StartedAt), now);
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

    // A suspended turn keeps its status: who watches is still asked.
    private void ChangeStatusBetweenTurns(SessionStatus status, DateTimeOffset now)
    {
        if (State.CurrentTurn is null)
        {
            ChangeStatus(status, null, now);
        }
    }

    private void ChangeStatus(SessionStatus status, string? reason, DateTimeOffset now)
    {
        if (State.Status != status)
        {
            Record(new StatusChanged(status, reason), now);
        }
    }
}

/// <summary>Where an accepted message stands.</summary>
/// <param name="MessageId">Claudy's id for it.</param>
/// <param name="Position">0 when its turn began, else its place in the queue.</param>
/// <param name="IsRepeat">Whether it had been accepted before.</param>
public sealed record AcceptedAt(string MessageId, int Position, bool IsRepeat);
