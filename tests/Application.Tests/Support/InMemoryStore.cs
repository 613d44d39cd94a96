using System.Collections.Concurrent;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Tests.Support;

/// <summary>Session documents and events in memory, with the contract's rules; survives the server in tests of restarts.</summary>
internal sealed class InMemoryStore : ISessionStore, ISessionEventLog
{
    private readonly ConcurrentDictionary<SessionId, SessionDocument> _documents = new();
    private readonly Dictionary<SessionId, (List<StoredEvent> Events, long Epoch)> _logs = [];
    private readonly ConcurrentDictionary<SessionId, bool> _deleting = new();
    private readonly Lock _lock = new();

    /// <summary>Makes every append fail as a full disk would.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Makes revealing fail as a full disk would.</summary>
    public bool CannotReveal { get; set; }

    /// <summary>Makes every append stale, as if another node had taken the session.</summary>
    public bool IsFenced { get; set; }

    public IReadOnlyList<StoredEvent> Events(SessionId session)
    {
        lock (_lock)
        {
            return _logs.TryGetValue(session, out var found) ? [.. found.Events] : [];
        }
    }

    public Task<Result> AppendAsync(SessionId session, long epoch, long afterSeq, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            throw new StoreUnavailableException("full", new IOException("No space left on device"));
        }

        lock (_lock)
        {
            var (existing, lastEpoch) = _logs.GetValueOrDefault(session, ([], 0));
            if (IsFenced || epoch < lastEpoch || afterSeq != existing.Count)
            {
                return Task.FromResult<Result>(SessionErrors.Moved());
            }

            existing.AddRange(events);
            _logs[session] = (existing, epoch);
            return Task.FromResult(Result.Success());
        }
    }

    public Task<IReadOnlyList<StoredEvent>> ReadAfterAsync(SessionId session, long afterSeq, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredEvent>>([.. Events(session).Where(e => e.Seq > afterSeq).Take(limit)]);

    public Task<IReadOnlyList<StoredEventJson>> ReadPageAsync(SessionId session, long afterSeq, int maxBytes, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredEventJson>>(
            [.. Events(session).Where(e => e.Seq > afterSeq).Take(1).Select(e => new StoredEventJson(e.Seq, e.At, SessionEventJson.EncodeEvent(e.Event)))]);

    public Task<IReadOnlyList<StoredEvent>> ReadBeforeAsync(SessionId session, long beforeSeq, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredEvent>>([.. Events(session).Where(e => e.Seq < beforeSeq).TakeLast(limit)]);

    public Task<SessionHead> HeadAsync(SessionId session, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_logs.TryGetValue(session, out var found) ? new SessionHead(found.Events.Count, found.Epoch) : new SessionHead(0, 0));
        }
    }

    public Task AddAsync(SessionDocument session, CancellationToken cancellationToken) =>
        _documents.TryAdd(session.Id, session) ? Task.CompletedTask : throw new InvalidOperationException("The id is taken.");

    public Task AddHiddenAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        _deleting[session.Id] = true;
        return AddAsync(session, cancellationToken);
    }

    public Task<bool> RevealAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        if (CannotReveal)
        {
            throw new StoreUnavailableException("full", new IOException("No space left on device"));
        }

        if (!_deleting.ContainsKey(session.Id) || !_documents.ContainsKey(session.Id))
        {
            return Task.FromResult(false);
        }

        _documents[session.Id] = session;
        return Task.FromResult(_deleting.TryRemove(session.Id, out _));
    }

    public Task SaveAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        if (_documents.TryGetValue(session.Id, out var old) && session.LastSeq >= old.LastSeq)
        {
            _documents.TryUpdate(session.Id, session, old);
        }

        return Task.CompletedTask;
    }

    public Task<SessionDocument?> FindAsync(SessionId id, CancellationToken cancellationToken) =>
        Task.FromResult(_deleting.ContainsKey(id) ? null : _documents.GetValueOrDefault(id));

    public Task<SessionPage> ListAsync(SessionFilter filter, CancellationToken cancellationToken) =>
        Task.FromResult(new SessionPage(
            [.. Visible.Where(d => d.Owner == filter.Owner && (filter.Status is null || d.State.Status == filter.Status)).OrderByDescending(d => d.LastActivityAt).Take(filter.Limit)],
            null));

    public Task<int> CountLiveAsync(UserId owner, CancellationToken cancellationToken) =>
        Task.FromResult(_documents.Values.Count(d => d.Owner == owner && d.State.Status != SessionStatus.Terminated));

    public Task<IReadOnlyList<SessionId>> ListUnsettledAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SessionId>>([.. Visible.Where(d => d.IsUnsettled).Select(d => d.Id)]);

    public Task<IReadOnlyList<SessionId>> ListUnusedAsync(SessionStatus status, DateTimeOffset before, SessionId? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SessionId>>(
        [
            .. Visible.Where(d => d.State.Status == status && d.LastActivityAt < before && !d.IsUnsettled)
                .OrderBy(d => d.LastActivityAt).ThenBy(d => d.Id.ToString(), StringComparer.Ordinal)
                .Select(d => d.Id)
                .SkipWhile(id => after is not null && id != after).Skip(after is null ? 0 : 1)
                .Take(limit),
        ]);

    public Task MarkDeletingAsync(SessionId id, CancellationToken cancellationToken)
    {
        _deleting[id] = true;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<SessionId>> ListDeletingAsync(SessionId? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SessionId>>(
            [.. _deleting.Keys.Where(id => string.CompareOrdinal(id.ToString(), after?.ToString()) > 0).OrderBy(id => id.ToString(), StringComparer.Ordinal).Take(limit)]);

    Task ISessionStore.DeleteAsync(SessionId id, CancellationToken cancellationToken)
    {
        _documents.TryRemove(id, out _);
        _deleting.TryRemove(id, out _);
        return Task.CompletedTask;
    }

    Task ISessionEventLog.DeleteAsync(SessionId session, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _logs.Remove(session);
        }

        return Task.CompletedTask;
    }

    private IEnumerable<SessionDocument> Visible => _documents.Values.Where(d => !_deleting.ContainsKey(d.Id));
}
