using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Gives the session another name.</summary>
public sealed record RenameSession(UserId UserId, SessionId SessionId, string Name) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.renamed");
}

internal sealed class RenameSessionValidator : AbstractValidator<RenameSession>
{
    public RenameSessionValidator() => RuleFor(r => r.Name).NotEmpty().SessionName();
}

internal sealed class RenameSessionHandler(ISessionInbox inbox) : IRequestHandler<RenameSession, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(RenameSession request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.Rename(request.Name), cancellationToken);
}
