using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Stops Claude's current turn; harmless when there is none.</summary>
public sealed record InterruptTurn(UserId UserId, SessionId SessionId) : IControlRequest;

internal sealed class InterruptTurnHandler(ISessionInbox inbox) : IRequestHandler<InterruptTurn, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(InterruptTurn request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.Interrupt(), cancellationToken);
}
