using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>
/// Takes a turn back, and all that came after it: Claude forgets them, and files that its own tools changed since are as they
/// were before. Only while the session is at rest; the history keeps everything.
/// </summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="TurnId">The first turn to take back, 1 or more.</param>
public sealed record TakeBackTurn(UserId UserId, SessionId SessionId, long TurnId) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("session.taken_back").With("turn_id", AuditText.Number(TurnId));
}

internal sealed class TakeBackTurnValidator : AbstractValidator<TakeBackTurn>
{
    public TakeBackTurnValidator() => RuleFor(r => r.TurnId).GreaterThanOrEqualTo(1);
}

internal sealed class TakeBackTurnHandler(ISessionEventLog log, ISessionInbox inbox) : IRequestHandler<TakeBackTurn, Result<SessionReply.Done>>
{
    private const int PageSize = 200;

    public async Task<Result<SessionReply.Done>> Handle(TakeBackTurn request, CancellationToken cancellationToken)
    {
        // What was stored of a turn's beginning never changes; whether it can be taken back now, the session decides.
        var command = await FindAsync(request, cancellationToken);
        return command is null
            ? SessionErrors.NotATurn($"this session has no turn {request.TurnId}.")
            : await inbox.ControlAsync(request, command, CancellationToken.None);
    }

    private async Task<SessionCommand.TakeBack?> FindAsync(TakeBackTurn request, CancellationToken cancellationToken)
    {
        SessionCommand.TakeBack? found = null;
        var before = long.MaxValue;
        while (before > 1)
        {
            var page = await log.ReadBeforeAsync(request.SessionId, before, PageSize, cancellationToken);
            foreach (var stored in page.Reverse())
            {
                // The message comes just before its turn.
                if (found is not null)
                {
                    return stored.Event is UserMessageAdded e && e.Message.Id == found.MessageId ? found with { FromSeq = stored.Seq } : found;
                }

                switch (stored.Event)
                {
                    case TurnStarted started when started.TurnId == request.TurnId:
                        found = new SessionCommand.TakeBack(started.TurnId, stored.Seq, started.MessageId);
                        break;
                    case TurnStarted started when started.TurnId < request.TurnId:
                        return null;
                }
            }

            if (page.Count == 0)
            {
                break;
            }

            before = page[0].Seq;
        }

        return found;
    }
}
