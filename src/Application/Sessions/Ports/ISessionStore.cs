using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Sessions by id and by owner: what lists and look-ups need, and a snapshot that spares replaying the whole log.</summary>
public interface ISessionStore
{
    /// <summary>Adds a session.</summary>
    /// <exception cref="InvalidOperationException">The id is taken.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task AddAsync(SessionDocument session, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a session that is still being made: it is marked as <see cref="MarkDeletingAsync"/> does, so that it is removed if the
    /// server dies before <see cref="RevealAsync"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The id is taken.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task AddHiddenAsync(SessionDocument session, CancellationToken cancellationToken);

    /// <summary>Replaces the document of a session that was added hidden, and takes the mark away; in one step.</summary>
    /// <returns>False when it is gone, or not marked: then nothing changed.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<bool> RevealAsync(SessionDocument session, CancellationToken cancellationToken);

    /// <summary>Replaces a session's document when <see cref="SessionDocument.LastSeq"/> is not lower than the stored one's; else leaves it. One that is not there stays so.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task SaveAsync(SessionDocument session, CancellationToken cancellationToken);

    /// <summary>One session, or null.</summary>
    Task<SessionDocument?> FindAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>A user's sessions, the last used first.</summary>
    Task<SessionPage> ListAsync(SessionFilter filter, CancellationToken cancellationToken);

    /// <summary>How many sessions a user has that are not terminated: those too that are hidden while they are made or removed, since they take their room.</summary>
    Task<int> CountLiveAsync(UserId owner, CancellationToken cancellationToken);

    /// <summary>Ids of sessions whose document says that they have a process or work to do; for recovery after a restart.</summary>
    Task<IReadOnlyList<SessionId>> ListUnsettledAsync(CancellationToken cancellationToken);

    /// <summary>Settled sessions of one status, of any user, whose last event is older than <paramref name="before"/>; the oldest first.</summary>
    /// <param name="status">Which.</param>
    /// <param name="before">When the last event was recorded at the latest, exclusive.</param>
    /// <param name="after">The last one of the page before; none follow one that is gone. Null for the first page.</param>
    /// <param name="limit">At most so many, at least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<SessionId>> ListUnusedAsync(SessionStatus status, DateTimeOffset before, SessionId? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Marks a session as being deleted, for good: from now on nothing finds, lists or counts it but <see cref="ListDeletingAsync"/>.
    /// Harmless when it is marked or gone.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task MarkDeletingAsync(SessionId id, CancellationToken cancellationToken);

    /// <summary>Ids of sessions that are marked, and so are to be removed: a server that died in the middle of it left them. In a fixed order.</summary>
    /// <param name="after">The last one of the page before, there still or not; null for the first page.</param>
    /// <param name="limit">At most so many, at least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<SessionId>> ListDeletingAsync(SessionId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Removes a session's document, marked or not; harmless when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task DeleteAsync(SessionId id, CancellationToken cancellationToken);
}

/// <summary>A session as it is stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastActivityAt">When its last event was recorded.</param>
/// <param name="LastSeq">The event that <paramref name="State"/> is as of.</param>
/// <param name="State">The state after that event.</param>
public sealed record SessionDocument(
    SessionId Id,
    UserId Owner,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastActivityAt,
    long LastSeq,
    SessionState State)
{
    /// <summary>Whether it has a process, a turn or a queue.</summary>
    public bool IsUnsettled => State.Status is not (SessionStatus.Hibernated or SessionStatus.Terminated or SessionStatus.Failed) || State.Queue.Count > 0 || State.CurrentTurn is not null;
}

/// <summary>Which sessions to list.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Status">Only of this status; null for any.</param>
/// <param name="Query">Only with this text in the name, whatever its case; null for all.</param>
/// <param name="Limit">At most so many, 1 to 200.</param>
/// <param name="Cursor">Where the last page ended; null for the first.</param>
public sealed record SessionFilter(UserId Owner, SessionStatus? Status, string? Query, int Limit, string? Cursor);

/// <summary>Some sessions and where to go on.</summary>
/// <param name="Sessions">The last used first.</param>
/// <param name="NextCursor">For the next page; null when this was the last.</param>
public sealed record SessionPage(IReadOnlyList<SessionDocument> Sessions, string? NextCursor);
