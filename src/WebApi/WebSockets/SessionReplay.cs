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
    // An event can be of megabytes, and a page is in memory as a whole.
    private const int PageSize = 50;

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
        var encoder = new EventEncoder(attachment.Session, time);
        do
        {
            while (delivered < through)
            {
                var page = await mediator.Send(new ReadSessionEvents(user, attachment.Session, delivered, PageSize), cancellationToken);
                if (!page.IsSuccess)
                {
                    return page.Error;
                }

                var before = delivered;
                foreach (var stored in page.Value.TakeWhile(s => s.Seq <= through))
                {
                    await attachment.Outbound.WaitForRoomAsync(cancellationToken);
                    if (!attachment.Outbound.TryEnqueueAnswer(FrameWriter.Frame(encoder, stored)))
                    {
                        // Going on would leave a hole. The connection closes; the client comes back with its last seq.
                        attachment.Owner.OnTooSlow(attachment);
                        return Result.Success();
                    }

                    delivered = stored.Seq;
                }

                if (delivered == before)
                {
                    throw new InvalidOperationException($"Session {attachment.Session} has an event {through}, but its log ends at {delivered}.");
                }
            }

            through = hub.TryGoLive(attachment, delivered, inFlight);
        }
        while (through > 0);

        return Result.Success();
    }
}
