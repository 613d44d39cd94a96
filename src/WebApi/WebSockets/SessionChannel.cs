using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.WebSockets;

/// <summary>One session's feed on this node: each item becomes bytes once, and the same bytes go to every watcher.</summary>
internal sealed partial class SessionChannel(SessionId session, TimeProvider time, ILogger logger)
{
    private const int KeptItems = 16;

    private readonly Lock _gate = new();
    private readonly EventEncoder _encoder = new(session, time);
    private readonly List<Attachment> _attachments = [];
    private EncodedItem[] _items = [];
    private ArraySegment<byte>[] _frames = [];

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _attachments.Count == 0;
            }
        }
    }

    public void Add(Attachment attachment)
    {
        lock (_gate)
        {
            _attachments.Add(attachment);
        }
    }

    public void Remove(Attachment attachment)
    {
        lock (_gate)
        {
            _attachments.Remove(attachment);
            attachment.End();
        }
    }

    /// <inheritdoc cref="Attachment.TryGoLive"/>
    public long TryGoLive(Attachment attachment, long delivered, IReadOnlyList<InFlightText> inFlight)
    {
        lock (_gate)
        {
            return attachment.TryGoLive(delivered, inFlight);
        }
    }

    /// <summary>Takes what the feed publishes.</summary>
    public void OnItems(ReadOnlySpan<FeedItem> items)
    {
        lock (_gate)
        {
            if (_attachments.Count == 0)
            {
                return;
            }

            try
            {
                Deliver(Encode(items));
            }
            catch (Exception exception)
            {
                // The publisher is the session itself: its work must not end because its watchers cannot be told.
                LogFault(exception, session);
                foreach (var attachment in _attachments)
                {
                    attachment.Abandon();
                }
            }
            finally
            {
                Forget();
            }
        }
    }

    private void Deliver(EncodedBatch batch)
    {
        foreach (var attachment in _attachments)
        {
            attachment.Offer(batch);
        }
    }

    // What was sent must not be kept alive by a session that falls silent.
    private void Forget()
    {
        if (_items.Length > KeptItems)
        {
            _items = [];
            _frames = [];
        }
        else
        {
            Array.Clear(_items);
            Array.Clear(_frames);
        }
    }

    private EncodedBatch Encode(ReadOnlySpan<FeedItem> items)
    {
        if (_items.Length < items.Length)
        {
            _items = new EncodedItem[items.Length];
            _frames = new ArraySegment<byte>[items.Length];
        }

        var arena = FrameArena.Current;
        var frames = 0;
        long firstSeq = 0;
        long lastSeq = 0;
        for (var i = 0; i < items.Length; i++)
        {
            arena.Begin();
            _encoder.Write(arena, items[i]);
            var frame = arena.End();
            _items[i] = new EncodedItem(items[i], frame);
            if (frames == 0 || !TryJoin(ref _frames[frames - 1], frame))
            {
                _frames[frames++] = frame;
            }

            if (items[i] is FeedItem.Durable { Stored.Seq: var seq })
            {
                // A hole within the publication is found like any other: by a beginning that does not fit.
                firstSeq = (firstSeq, seq - lastSeq) switch
                {
                    (0, _) => seq,
                    (_, 1) => firstSeq,
                    _ => -1,
                };
                lastSeq = seq;
            }
        }

        return new EncodedBatch(_items.AsSpan(0, items.Length), _frames.AsSpan(0, frames), firstSeq, lastSeq);
    }

    private static bool TryJoin(ref ArraySegment<byte> first, ArraySegment<byte> second)
    {
        if (!ReferenceEquals(first.Array, second.Array) || first.Offset + first.Count != second.Offset
            || first.Count + second.Count > OutboundQueue.WriteSize)
        {
            return false;
        }

        first = new ArraySegment<byte>(first.Array!, first.Offset, first.Count + second.Count);
        return true;
    }

    [LoggerMessage(400, LogLevel.Error, "Events of session {SessionId} could not be written as frames; its watchers are closed")]
    private partial void LogFault(Exception exception, SessionId sessionId);
}
