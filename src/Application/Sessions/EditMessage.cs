using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Changes the text of a message that waits in the queue; it keeps its place and its images.</summary>
public sealed record EditMessage(UserId UserId, SessionId SessionId, string MessageId, string Text) : IControlRequest;

internal sealed class EditMessageValidator : AbstractValidator<EditMessage>
{
    public EditMessageValidator()
    {
        RuleFor(r => r.MessageId).NotEmpty().MaximumLength(64);
        RuleFor(r => r.Text).Must(text => !string.IsNullOrWhiteSpace(text)).WithMessage("The message is empty; cancel it instead.").OverridePropertyName("content");
        RuleFor(r => r.Text).MaximumLength(SendChatValidator.MaxTextLength).OverridePropertyName("content");
    }
}

internal sealed class EditMessageHandler(ISessionInbox inbox) : IRequestHandler<EditMessage, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(EditMessage request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.EditMessage(request.MessageId, request.Text), cancellationToken);
}
