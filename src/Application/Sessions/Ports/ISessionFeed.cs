using Claudy.Application.Usage;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Carries a session's events to whoever watches it, on any node.</summary>
public interface ISessionFeed
{
    /// <summary>Hands items to every subscriber, in order; durable ones only after the log has them. Never waits for a subscriber.</summary>
    void Publish(SessionId session, ReadOnlySpan<FeedItem> items);

    /// <summary>Subscribes until disposed. <paramref name="sink"/> is called on the publisher's thread and must neither block nor throw.</summary>
    IDisposable Subscribe(SessionId session, SessionFeedSink sink);
}

/// <summary>Receives items of one session in order.</summary>
public delegate void SessionFeedSink(ReadOnlySpan<FeedItem> items);

/// <summary>One thing that a session's watchers see.</summary>
public abstract record FeedItem
{
    /// <summary>A stored event.</summary>
    public sealed record Durable(StoredEvent Stored) : FeedItem;

    /// <summary>A piece of an answer.</summary>
    /// <param name="MessageId">The answer's text.</param>
    /// <param name="ChunkIndex">0, 1, 2 … within that text.</param>
    /// <param name="Utf8">The piece, UTF-8.</param>
    /// <param name="IsThinking">Whether it is thinking rather than answer.</param>
    public sealed record Delta(string MessageId, int ChunkIndex, ReadOnlyMemory<byte> Utf8, bool IsThinking) : FeedItem;

    /// <summary>Forget the deltas of this text: the API's stream broke off and begins anew under another id.</summary>
    public sealed record DeltaDiscarded(string MessageId, bool IsThinking) : FeedItem;

    /// <summary>A long tool call goes on.</summary>
    public sealed record Progress(AgentEvent.ToolProgress Task) : FeedItem;

    /// <summary>The session waits in line for a process.</summary>
    /// <param name="Position">1 for who is next.</param>
    /// <param name="Waiting">How many sessions wait on that node.</param>
    public sealed record QueuePosition(int Position, int Waiting) : FeedItem;

    /// <summary>Something to tell the user that is not part of the history, such as that the API is being retried.</summary>
    /// <param name="Reason">In lower snake case, such as <c>api_retry</c>.</param>
    /// <param name="Message">A sentence for the user.</param>
    public sealed record Notice(string Reason, string Message) : FeedItem;

    /// <summary>A request to the API is over.</summary>
    /// <param name="Record">The request.</param>
    /// <param name="Standing">How the budgets of the session and its user stand now.</param>
    public sealed record UsageUpdated(UsageRecord Record, IReadOnlyList<BudgetStanding> Standing) : FeedItem;

    /// <summary>The session was deleted: the last thing that is heard of it.</summary>
    public sealed record Deleted : FeedItem;

    /// <summary>The session's process wanted to reach a host that it may not.</summary>
    public sealed record EgressRefused(EgressRefusal Refusal) : FeedItem;
}
