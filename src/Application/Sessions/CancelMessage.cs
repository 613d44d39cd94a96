using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Takes a message back that waits in the queue.</summary>
public sealed record CancelMessage(UserId UserId, SessionId SessionId, string MessageId) : IControlRequest;

internal sealed class CancelMessageValidator : AbstractValidator<CancelMessage>
{
    public CancelMessageValidator() => RuleFor(r => r.MessageId).NotEmpty().MaximumLength(64);
}

internal sealed class CancelMessageHandler(ISessionInbox inbox) : IRequestHandler<CancelMessage, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(CancelMessage request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.CancelMessage(request.MessageId), cancellationToken);
}
