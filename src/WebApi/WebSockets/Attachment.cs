using System.Diagnostics;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.WebApi.WebSockets;

/// <summary>An item of a session's feed and its frame.</summary>
internal readonly record struct EncodedItem(FeedItem Item, ArraySegment<byte> Frame);

/// <summary>What one publication is to every watcher.</summary>
/// <param name="items">One by one.</param>
/// <param name="frames">The same frames, with neighbours put together.</param>
/// <param name="firstSeq">The first durable event's seq; 0 when there is none.</param>
/// <param name="lastSeq">The last one's.</param>
internal readonly ref struct EncodedBatch(ReadOnlySpan<EncodedItem> items, ReadOnlySpan<ArraySegment<byte>> frames, long firstSeq, long lastSeq)
{
    public ReadOnlySpan<EncodedItem> Items { get; } = items;

    public ReadOnlySpan<ArraySegment<byte>> Frames { get; } = frames;

    public long FirstSeq { get; } = firstSeq;

    public long LastSeq { get; } = lastSeq;
}

/// <summary>
/// One connection's watch on one session. It begins by holding back what is published, until the past was replayed; then
/// hands it out with no hole and no double, and goes live. A hole that shows later makes it catch up again.
/// </summary>
/// <remarks>
/// What is published comes under the channel's gate. What is replayed comes from elsewhere, so that whether the watch is
/// over has a gate of its own: nothing of a watch that was left reaches the client any more.
/// </remarks>
internal sealed class Attachment(SessionId session, OutboundQueue outbound, IAttachmentOwner owner, int maxHeldBytes)
{
    private readonly Lock _overGate = new();
    private List<EncodedItem>? _held = [];
    private long _heldBytes;
    private long _lastSeq;
    private volatile bool _isOver;

    public SessionId Session => session;

    public OutboundQueue Outbound => outbound;

    public IAttachmentOwner Owner => owner;

    /// <summary>The last event that was handed out.</summary>
    public long LastSeq => _lastSeq;

    /// <summary>Whether nothing is handed out any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>Takes what was published.</summary>
    public void Offer(in EncodedBatch batch)
    {
        if (_isOver)
        {
            return;
        }

        if (_held is null)
        {
            if (batch.FirstSeq == 0 || batch.FirstSeq == _lastSeq + 1)
            {
                _lastSeq = Math.Max(_lastSeq, batch.LastSeq);
                FailUnless(outbound.TryEnqueueLive(batch.Frames));
                TellIfDeleted(batch.Items is [.., { Item: FeedItem.Deleted }]);
                return;
            }

            _held = [];
            _heldBytes = 0;
            owner.OnHole(this);
        }

        foreach (var item in batch.Items)
        {
            _held.Add(item);
            _heldBytes += item.Frame.Count;
        }

        FailUnless(_heldBytes <= maxHeldBytes);
    }

    /// <summary>Hands out what was held back after <paramref name="delivered"/>, and goes live.</summary>
    /// <param name="delivered">The last event that the replay handed out.</param>
    /// <param name="inFlight">The texts that the client was told of, and from which delta on it needs them.</param>
    /// <returns>0 when live; else up to which event the log must be replayed first, because there is a hole.</returns>
    public long TryGoLive(long delivered, IReadOnlyList<InFlightText> inFlight)
    {
        if (_isOver)
        {
            return 0;
        }

        Debug.Assert(_held is not null, "Only an attachment that catches up can go live.");
        if (FindHole(delivered) is > 0 and var hole)
        {
            return hole;
        }

        var complete = CompleteTexts(delivered);
        _lastSeq = delivered;
        foreach (var (item, frame) in _held)
        {
            if (IsNews(item, inFlight, complete))
            {
                FailUnless(outbound.TryEnqueueLive([frame]));
                _lastSeq = item is FeedItem.Durable durable ? durable.Stored.Seq : _lastSeq;
            }
        }

        TellIfDeleted(_held is [.., { Item: FeedItem.Deleted }]);
        _held = null;
        _heldBytes = 0;
        return 0;
    }

    /// <summary>Hands out an event from the log, from any thread.</summary>
    public void Replay(ArraySegment<byte> frame)
    {
        bool kept;
        lock (_overGate)
        {
            kept = _isOver || outbound.TryEnqueueAnswer(frame);
        }

        // Going on would leave a hole. The connection closes; the client comes back with its last seq.
        FailUnless(kept);
    }

    /// <summary>Hands out nothing any more: the client left, or attached anew.</summary>
    public void End() => TryEnd();

    /// <summary>Gives up, because an event cannot be shown.</summary>
    public void Abandon()
    {
        if (TryEnd())
        {
            owner.OnFault(this);
        }
    }

    // Always the last item: nothing is published of a session that is gone.
    private void TellIfDeleted(bool isDeleted)
    {
        if (isDeleted && !_isOver)
        {
            _isOver = true;
            owner.OnDeleted(this);
        }
    }

    private long FindHole(long delivered)
    {
        long hole = 0;
        var last = delivered;
        foreach (var (item, _) in _held!)
        {
            if (item is FeedItem.Durable { Stored.Seq: var seq } && seq > last)
            {
                hole = seq == last + 1 ? hole : seq - 1;
                last = seq;
            }
        }

        return hole;
    }

    // Deltas can come before the event that completes their text, and the replay may have brought that event already.
    private HashSet<string> CompleteTexts(long delivered)
    {
        HashSet<string> complete = new(StringComparer.Ordinal);
        foreach (var (item, _) in _held!)
        {
            if (item is FeedItem.Durable { Stored: var stored } && stored.Seq <= delivered
                && (stored.Event switch { AssistantText t => t.MessageId, AssistantThinking t => t.MessageId, _ => null }) is { } messageId)
            {
                complete.Add(messageId);
            }
        }

        return complete;
    }

    private bool IsNews(FeedItem item, IReadOnlyList<InFlightText> inFlight, HashSet<string> complete) => item switch
    {
        FeedItem.Durable durable => durable.Stored.Seq > _lastSeq,
        FeedItem.Delta delta => !complete.Contains(delta.MessageId) && delta.ChunkIndex >= NextChunk(delta.MessageId, inFlight),
        _ => true,
    };

    private static int NextChunk(string messageId, IReadOnlyList<InFlightText> inFlight) =>
        inFlight.FirstOrDefault(text => text.MessageId == messageId)?.NextChunkIndex ?? 0;

    private void FailUnless(bool kept)
    {
        if (!kept && TryEnd())
        {
            owner.OnTooSlow(this);
        }
    }

    private bool TryEnd()
    {
        lock (_overGate)
        {
            var ends = !_isOver;
            _isOver = true;
            return ends;
        }
    }
}

/// <summary>Who is told when an attachment cannot go on by itself; must neither block nor throw.</summary>
internal interface IAttachmentOwner
{
    /// <summary>The client is too far behind.</summary>
    void OnTooSlow(Attachment attachment);

    /// <summary>An event is missing; the log has it.</summary>
    void OnHole(Attachment attachment);

    /// <summary>The server cannot show the session's events.</summary>
    void OnFault(Attachment attachment);

    /// <summary>The session was deleted, and the client was told.</summary>
    void OnDeleted(Attachment attachment);
}
