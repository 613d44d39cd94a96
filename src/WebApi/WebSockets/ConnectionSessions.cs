using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets;

/// <summary>The sessions that one connection watches.</summary>
internal sealed class ConnectionSessions(SessionHub hub, OutboundQueue outbound, IAttachmentOwner owner, TimeProvider time) : IDisposable
{
    /// <summary>How many events a client gets that begins anew.</summary>
    public const int FreshReplay = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, Attachment> _attachments = [];
    private bool _isOver;

    /// <summary>The session that was attached last: what a frame without a session_id means.</summary>
    public SessionId? Last { get; private set; }

    /// <summary>Attaches: subscribes, tells where the session stands, replays, goes live.</summary>
    /// <param name="mediator">Sends the queries.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="session">Which session.</param>
    /// <param name="afterSeq">The last event that the client has; null to begin anew.</param>
    /// <param name="announce">Sends the answer, given where the session stands and the last event that the replay leaves out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result> AttachAsync(
        IMediator mediator,
        UserId user,
        SessionId session,
        long? afterSeq,
        Func<SessionReply.Attached, long, Task> announce,
        CancellationToken cancellationToken)
    {
        // Before all else: what is published from here on is held back, so that nothing falls between log and feed.
        var attachment = hub.Join(session, outbound, owner);
        var isKept = false;
        Result<SessionReply.Attached> attached;
        try
        {
            attached = await mediator.Send(new AttachSession(user, session, afterSeq), cancellationToken);
            if (!attached.IsSuccess)
            {
                return attached.Error;
            }

            Keep(attachment);
            isKept = true;
        }
        finally
        {
            if (!isKept)
            {
                hub.Leave(attachment);
            }
        }

        var now = attached.Value;
        var delivered = afterSeq ?? Math.Max(0, now.LastSeq - FreshReplay);
        await announce(now, delivered);
        Last = session;
        var caughtUp = await new SessionReplay(mediator, hub, time)
            .CatchUpAsync(user, attachment, delivered, now.LastSeq, now.InFlight, cancellationToken);
        if (!caughtUp.IsSuccess)
        {
            Leave(session);
        }

        return UnlessDeleted(session, caughtUp);
    }

    /// <summary>Fills a hole that showed in the feed.</summary>
    public async Task<Result> RepairAsync(IMediator mediator, UserId user, Attachment attachment, CancellationToken cancellationToken)
    {
        var lastSeq = attachment.LastSeq;
        var repaired = await new SessionReplay(mediator, hub, time).CatchUpAsync(user, attachment, lastSeq, lastSeq, [], cancellationToken);
        if (repaired.Error is { Status: ResultStatus.NotFound })
        {
            Leave(attachment.Session);
        }

        return UnlessDeleted(attachment.Session, repaired);
    }

    /// <summary>Ends a watch; harmless when there is none.</summary>
    public void Leave(SessionId session)
    {
        lock (_gate)
        {
            if (_attachments.Remove(session, out var attachment))
            {
                hub.Leave(attachment);
            }

            if (Last == session)
            {
                Last = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var attachment in _attachments.Values)
            {
                hub.Leave(attachment);
            }

            _attachments.Clear();
        }
    }

    // Deleted after the client was told that it is attached: it hears so as anyone else who is, and nothing is wrong with the connection.
    private Result UnlessDeleted(SessionId session, Result caughtUp)
    {
        if (caughtUp.Error is not { Status: ResultStatus.NotFound })
        {
            return caughtUp;
        }

        // No room means that the client is behind so far that it is being closed.
        outbound.TryEnqueueAnswer(FrameWriter.Frame(Answer.Empty(FrameTypes.Ephemeral.SessionDeleted, session), null, time.GetUtcNow()));
        return Result.Success();
    }

    // Only now does an earlier watch on the session end: one that goes well must survive that attaching anew is refused.
    private void Keep(Attachment attachment)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_attachments.Remove(attachment.Session, out var earlier))
            {
                hub.Leave(earlier);
            }

            _attachments.Add(attachment.Session, attachment);
        }
    }
}
