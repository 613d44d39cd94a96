using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets;

/// <summary>Brings an attachment from where its client stands to the present: first from the log, then what was held back.</summary>
internal sealed class SessionReplay(IMediator mediator, SessionHub hub, TimeProvider time)
{
    /// <summary>Replays and goes live.</summary>
    /// <param name="user">Who watches.</param>
    /// <param name="attachment">What began to hold back before the log is read.</param>
    /// <param name="delivered">The last event that the client has.</param>
    /// <param name="through">The last event to replay; whatever is above was, or will be, published to the attachment.</param>
    /// <param name="inFlight">The texts that the client was told of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result> CatchUpAsync(
        UserId user, Attachment attachment, long delivered, long through, IReadOnlyList<InFlightText> inFlight, CancellationToken cancellationToken)
    {
        SessionEvents? events = null;
        do
        {
            if (delivered < through)
            {
                if (events is null)
                {
                    var opened = await mediator.Send(new OpenSessionEvents(user, attachment.Session), cancellationToken);
                    if (!opened.IsSuccess)
                    {
                        return opened.Error;
                    }

                    events = opened.Value;
                }

                if (!await TryReplayAsync(events, attachment, delivered, through, cancellationToken))
                {
                    // Deleted meanwhile, or the log is not whole.
                    var gone = await mediator.Send(new OpenSessionEvents(user, attachment.Session), cancellationToken);
                    return gone.Error ?? throw new InvalidOperationException($"The log of session {attachment.Session} ends before its event {through}.");
                }

                delivered = through;
            }

            through = hub.TryGoLive(attachment, delivered, inFlight);
        }
        while (through > 0);

        return Result.Success();
    }

    // False when the log ends too early.
    private async Task<bool> TryReplayAsync(SessionEvents events, Attachment attachment, long delivered, long through, CancellationToken cancellationToken)
    {
        var encoder = new EventEncoder(attachment.Session, time);
        while (delivered < through && !attachment.IsOver)
        {
            var before = delivered;
            foreach (var stored in (await events.ReadAfterAsync(delivered, cancellationToken)).TakeWhile(s => s.Seq <= through))
            {
                await attachment.Outbound.WaitForRoomAsync(cancellationToken);
                attachment.Replay(FrameWriter.Frame(encoder, stored));
                delivered = stored.Seq;
            }

            if (delivered == before)
            {
                return false;
            }
        }

        return true;
    }
}
