using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Gives what reads the whole of a session's events in order, to be written out.</summary>
/// <param name="UserId">Who asks; that the session is theirs is checked once, not for every page.</param>
/// <param name="SessionId">Which session.</param>
public sealed record ExportSession(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionEvents>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("session.exported");
}

internal sealed class ExportSessionHandler(ISessionEventLog log) : IRequestHandler<ExportSession, Result<SessionEvents>>
{
    public Task<Result<SessionEvents>> Handle(ExportSession request, CancellationToken cancellationToken) =>
        Task.FromResult(Result.Success(new SessionEvents(log, request.SessionId)));
}
