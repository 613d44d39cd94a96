using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Ends the session's process, if it has one, and starts another; the way on after the session failed.</summary>
public sealed record RestartSession(UserId UserId, SessionId SessionId) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.restarted");
}

internal sealed class RestartSessionHandler(ISessionInbox inbox) : IRequestHandler<RestartSession, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(RestartSession request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.Restart(), cancellationToken);
}
