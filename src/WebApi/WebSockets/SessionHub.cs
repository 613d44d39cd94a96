using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.WebApi.Http;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.WebSockets;

/// <summary>The sessions that are watched from this node: one subscription each, for as long as anyone watches.</summary>
internal sealed class SessionHub(ISessionFeed feed, IOptions<HttpOptions> options, TimeProvider time, ILogger<SessionHub> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, Watched> _sessions = [];

    /// <summary>How many sessions are watched.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Begins to hold back what the session publishes from now on.</summary>
    public Attachment Join(SessionId session, OutboundQueue outbound, IAttachmentOwner owner)
    {
        var attachment = new Attachment(session, outbound, owner, options.Value.MaxOutboundBytes);
        lock (_gate)
        {
            if (!_sessions.TryGetValue(session, out var watched))
            {
                var channel = new SessionChannel(session, time, logger);
                watched = new Watched(channel, feed.Subscribe(session, channel.OnItems));
                _sessions.Add(session, watched);
            }

            watched.Channel.Add(attachment);
        }

        return attachment;
    }

    /// <inheritdoc cref="Attachment.TryGoLive"/>
    public long TryGoLive(Attachment attachment, long delivered, IReadOnlyList<InFlightText> inFlight)
    {
        SessionChannel? channel;
        lock (_gate)
        {
            channel = _sessions.GetValueOrDefault(attachment.Session)?.Channel;
        }

        return channel?.TryGoLive(attachment, delivered, inFlight) ?? 0;
    }

    /// <summary>Ends a watch; harmless when it has ended.</summary>
    public void Leave(Attachment attachment)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(attachment.Session, out var watched))
            {
                watched.Channel.Remove(attachment);
                if (watched.Channel.IsEmpty)
                {
                    _sessions.Remove(attachment.Session);
                    watched.Subscription.Dispose();
                }
            }
        }
    }

    private sealed record Watched(SessionChannel Channel, IDisposable Subscription);
}
