using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Starts the session's process if it has none; when the node has no place for it, the session waits in line.</summary>
public sealed record ResumeSession(UserId UserId, SessionId SessionId) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.resumed");
}

internal sealed class ResumeSessionHandler(ISessionInbox inbox) : IRequestHandler<ResumeSession, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(ResumeSession request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.Resume(), cancellationToken);
}
