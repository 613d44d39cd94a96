using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Ends the session for good; its history can still be read.</summary>
public sealed record TerminateSession(UserId UserId, SessionId SessionId) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.terminated") { IsCritical = true };
}

internal sealed class TerminateSessionHandler(ISessionInbox inbox) : IRequestHandler<TerminateSession, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(TerminateSession request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.Terminate(), cancellationToken);
}
