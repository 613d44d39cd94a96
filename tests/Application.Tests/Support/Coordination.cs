using System.Collections.Concurrent;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Tests.Support;

/// <summary>Directory, feed and inbox of one node, for tests; the feed remembers what was published.</summary>
internal sealed class Coordination : ISessionDirectory, ISessionFeed, ISessionInbox
{
    private readonly ConcurrentDictionary<SessionId, long> _held = new();
    private readonly ConcurrentQueue<FeedItem> _published = new();
    private SessionCommandHandler? _handler;

    public IReadOnlyList<FeedItem> Published => [.. _published];

    public IReadOnlyList<SessionId> Held => [.. _held.Keys];

    public Task<SessionLease?> AcquireAsync(SessionId session, long minimumEpoch, CancellationToken cancellationToken) =>
        Task.FromResult(_held.TryAdd(session, minimumEpoch + 1) ? new SessionLease(session, minimumEpoch + 1, CancellationToken.None) : null);

    public Task ReleaseAsync(SessionLease lease, CancellationToken cancellationToken)
    {
        _held.TryRemove(lease.Session, out _);
        return Task.CompletedTask;
    }

    public void Publish(SessionId session, ReadOnlySpan<FeedItem> items)
    {
        foreach (var item in items)
        {
            _published.Enqueue(item);
        }
    }

    public IDisposable Subscribe(SessionId session, SessionFeedSink sink) => throw new InvalidOperationException("Read Published instead.");

    public Task<Result<SessionReply>> SendAsync(SessionId session, SessionCommand command, CancellationToken cancellationToken) =>
        _handler!(session, command, cancellationToken);

    public void Listen(SessionCommandHandler handler) => _handler = handler;
}
