using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions.Ports;

/// <summary>The truth about every session: its events, gap-free from 1.</summary>
public interface ISessionEventLog
{
    /// <summary>Writes events after the last one, all or none, and returns when they are safe on disk.</summary>
    /// <param name="session">Whose events.</param>
    /// <param name="epoch">The writer's lease; a log that has seen a higher one refuses.</param>
    /// <param name="afterSeq">The last seq the writer knows; the log refuses when that is not its last one.</param>
    /// <param name="events">At least one, numbered from <paramref name="afterSeq"/> + 1.</param>
    /// <param name="cancellationToken">Gives up waiting; the events may be written all the same.</param>
    /// <returns>Success, or <c>SESSION_014</c> when epoch or seq are stale.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or written.</exception>
    Task<Result> AppendAsync(SessionId session, long epoch, long afterSeq, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken);

    /// <summary>Events with a seq above <paramref name="afterSeq"/>, in order, up to <paramref name="limit"/> of them.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<StoredEvent>> ReadAfterAsync(SessionId session, long afterSeq, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Events with a seq above <paramref name="afterSeq"/>, in order: at least one if there is any, and no more once they hold
    /// <paramref name="maxBytes"/>. As they are stored, for whoever passes them on: a long session is read page by page, with
    /// bounded memory, and decoded only where it must be.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<StoredEventJson>> ReadPageAsync(SessionId session, long afterSeq, int maxBytes, CancellationToken cancellationToken);

    /// <summary>The last <paramref name="limit"/> events with a seq below <paramref name="beforeSeq"/>, in ascending order.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<StoredEvent>> ReadBeforeAsync(SessionId session, long beforeSeq, int limit, CancellationToken cancellationToken);

    /// <summary>Where the session's log ends; zeros when it has no events.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<SessionHead> HeadAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>Removes all events of a session, and what is found by searching them; harmless when there are none.</summary>
    /// <remarks>From its first moment on, an append that would go on from an event is refused (<c>SESSION_014</c>).</remarks>
    /// <exception cref="StoreUnavailableException">The store cannot be reached or written; calling again goes on.</exception>
    Task DeleteAsync(SessionId session, CancellationToken cancellationToken);
}

/// <summary>The end of a session's log.</summary>
/// <param name="LastSeq">The seq of the last event.</param>
/// <param name="Epoch">The highest epoch that appended; a lease must be above it.</param>
public sealed record SessionHead(long LastSeq, long Epoch);

/// <summary>An event as it is stored.</summary>
/// <param name="Seq">1, 2, 3 … with no gap.</param>
/// <param name="At">When it was recorded, UTC.</param>
/// <param name="Json">What happened, in the form of <see cref="SessionEventJson"/>; never changed.</param>
public readonly record struct StoredEventJson(long Seq, DateTimeOffset At, ReadOnlyMemory<byte> Json)
{
    /// <summary>The event itself.</summary>
    /// <exception cref="StoredFormatException">It is damaged, or of a type that this version does not know.</exception>
    public StoredEvent Decode() => new(Seq, At, SessionEventJson.DecodeEvent(Json.Span));
}

/// <summary>A store is away or full: a fault, which users see as <c>SERVER_002</c>.</summary>
public sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);
