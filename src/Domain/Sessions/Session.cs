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

    /// <summary>When its last event was recorded, but for changes of files.</summary>
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
        NoteActivity(stored.Event, stored.At);
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
        NoteActivity(sessionEvent, now);
        State = State.Apply(sessionEvent, now);
        _uncommitted.Add(new StoredEvent(LastSeq, now, sessionEvent));
    }

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

    // A program that was left running and writes its log now and then must not keep the session from going to sleep.
    private void NoteActivity(SessionEvent sessionEvent, DateTimeOffset at)
    {
        if (sessionEvent is not FilesChanged)
        {
            LastActivityAt = at;
        }
    }

    // A suspended turn keeps its status while somebody is still asked.
    private void ChangeStatusBetweenTurns(SessionStatus status, DateTimeOffset now)
    {
        if (State is { CurrentTurn: null } or { CurrentTurn.IsSuspended: true, PendingPermissions.Count: 0 })
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
