using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Tells where a session stands, to someone who subscribed to its feed before, and warms it up.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="AfterSeq">The last event that the client handled; null to begin anew.</param>
public sealed record AttachSession(UserId UserId, SessionId SessionId, long? AfterSeq) : ISessionRequest<Result<SessionReply.Attached>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.attached");
}

internal sealed class AttachSessionValidator : AbstractValidator<AttachSession>
{
    public AttachSessionValidator() => RuleFor(r => r.AfterSeq).GreaterThanOrEqualTo(0);
}

internal sealed class AttachSessionHandler(ISessionInbox inbox) : IRequestHandler<AttachSession, Result<SessionReply.Attached>>
{
    public async Task<Result<SessionReply.Attached>> Handle(AttachSession request, CancellationToken cancellationToken)
    {
        var reply = await inbox.SendAsync(request.SessionId, new SessionCommand.Attach(), cancellationToken);
        if (!reply.IsSuccess)
        {
            return reply.Error;
        }

        var attached = (SessionReply.Attached)reply.Value;
        return request.AfterSeq > attached.LastSeq
            ? SessionErrors.SequenceOutOfRange(request.AfterSeq.Value, attached.LastSeq)
            : attached;
    }
}
