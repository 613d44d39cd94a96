using System.Collections.Concurrent;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.InProcess;

/// <summary>
/// Calls every subscriber on the publisher's thread. Subscriber lists are replaced, never changed, so that publishing
/// takes no lock and allocates nothing; a session without subscribers has no entry.
/// </summary>
/// <remarks>A subscription that is disposed while a publish is under way may still see that one.</remarks>
internal sealed class InProcessSessionFeed : ISessionFeed
{
    private readonly ConcurrentDictionary<SessionId, Subscription[]> _sessions = new();

    /// <summary>How many sessions somebody watches.</summary>
    internal int WatchedSessions => _sessions.Count;

    public void Publish(SessionId session, ReadOnlySpan<FeedItem> items)
    {
        if (items.IsEmpty || !_sessions.TryGetValue(session, out var subscriptions))
        {
            return;
        }

        foreach (var subscription in subscriptions)
        {
            subscription.Sink(items);
        }
    }

    public IDisposable Subscribe(SessionId session, SessionFeedSink sink)
    {
        var added = new Subscription(this, session, sink);
        _sessions.AddOrUpdate(session, static (_, one) => [one], static (_, others, one) => [.. others, one], added);
        return added;
    }

    private void Remove(Subscription removed)
    {
        while (_sessions.TryGetValue(removed.Session, out var current))
        {
            var rest = Array.FindAll(current, s => s != removed);
            var replaced = rest.Length == 0
                ? _sessions.TryRemove(new(removed.Session, current))
                : _sessions.TryUpdate(removed.Session, rest, current);
            if (replaced)
            {
                return;
            }
        }
    }

    private sealed class Subscription(InProcessSessionFeed feed, SessionId session, SessionFeedSink sink) : IDisposable
    {
        public SessionId Session => session;

        public SessionFeedSink Sink => sink;

        public void Dispose() => feed.Remove(this);
    }
}
