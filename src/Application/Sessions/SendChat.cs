using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Gives Claude a message; it waits in the session's queue while Claude is busy.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="ClientId">The client's id for the message: sent again within 24 hours, it is accepted once. Null for none.</param>
/// <param name="Text">What to say; may be empty when there are images.</param>
/// <param name="Images">At most 20, 5 MB each, as the API allows.</param>
/// <param name="IsUrgent">Whether it goes before all that wait, and the turn that is under way is interrupted for it.</param>
public sealed record SendChat(UserId UserId, SessionId SessionId, string? ClientId, string Text, IReadOnlyList<ImageAttachment> Images, bool IsUrgent = false)
    : ISessionRequest<Result<SessionReply.Accepted>>;

internal sealed class SendChatValidator : AbstractValidator<SendChat>
{
    private const int MaxImages = 20;
    private const int MaxImageBytes = 5 * 1024 * 1024;
    internal const int MaxTextLength = 4 * 1024 * 1024;
    private static readonly string[] MediaTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    public SendChatValidator()
    {
        RuleFor(r => r.Text).Must((r, text) => !string.IsNullOrWhiteSpace(text) || r.Images.Count > 0)
            .WithMessage("The message is empty.").OverridePropertyName("content");
        RuleFor(r => r.Text).MaximumLength(MaxTextLength).OverridePropertyName("content");
        RuleFor(r => r.ClientId).MaximumLength(64).OverridePropertyName("id");
        RuleFor(r => r.Images).Must(images => images.Count <= MaxImages).WithMessage($"At most {MaxImages} images go with one message.");
        RuleForEach(r => r.Images).ChildRules(image =>
        {
            image.RuleFor(i => i.MediaType).Must(t => MediaTypes.Contains(t, StringComparer.Ordinal)).WithMessage("An image must be image/png, image/jpeg, image/gif or image/webp.");
            image.RuleFor(i => i.Data).Must(d => d.Length is > 0 and <= MaxImageBytes).WithMessage("An image must hold 1 byte to 5 MB.");
        });
    }
}

internal sealed class SendChatHandler(ISessionInbox inbox, TimeProvider time) : IRequestHandler<SendChat, Result<SessionReply.Accepted>>
{
    public async Task<Result<SessionReply.Accepted>> Handle(SendChat request, CancellationToken cancellationToken)
    {
        var message = new ChatMessage(Guid.CreateVersion7(time.GetUtcNow()).ToString("D"), request.ClientId, request.Text, request.Images);
        var reply = await inbox.SendAsync(request.SessionId, new SessionCommand.Send(message, request.IsUrgent), cancellationToken);
        return reply.IsSuccess ? (SessionReply.Accepted)reply.Value : reply.Error;
    }
}
