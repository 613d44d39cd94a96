using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Ends the session's process and keeps the session; the next message wakes it.</summary>
public sealed record HibernateSession(UserId UserId, SessionId SessionId) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.hibernated");
}

internal sealed class HibernateSessionHandler(ISessionInbox inbox) : IRequestHandler<HibernateSession, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(HibernateSession request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.Hibernate(), cancellationToken);
}
