using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Begins the turn of a queued message at once: it goes before the others, and the turn that is under way is interrupted.</summary>
public sealed record SendNow(UserId UserId, SessionId SessionId, string MessageId) : IControlRequest;

internal sealed class SendNowValidator : AbstractValidator<SendNow>
{
    public SendNowValidator() => RuleFor(r => r.MessageId).NotEmpty().MaximumLength(64);
}

internal sealed class SendNowHandler(ISessionInbox inbox) : IRequestHandler<SendNow, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(SendNow request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.SendNow(request.MessageId), cancellationToken);
}
