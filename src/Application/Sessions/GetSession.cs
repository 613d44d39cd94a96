using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>One session as it is stored; wakes nothing.</summary>
public sealed record GetSession(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionDetails>>;

/// <summary>A session and where its history ends.</summary>
/// <param name="Document">The session; while it works, its document may lag behind its log.</param>
/// <param name="LastSeq">The last event in its log.</param>
public sealed record SessionDetails(SessionDocument Document, long LastSeq);

internal sealed class GetSessionHandler(ISessionStore sessions, ISessionEventLog log) : IRequestHandler<GetSession, Result<SessionDetails>>
{
    public async Task<Result<SessionDetails>> Handle(GetSession request, CancellationToken cancellationToken) =>
        await sessions.FindAsync(request.SessionId, cancellationToken) is { } document
            ? new SessionDetails(document, (await log.HeadAsync(request.SessionId, cancellationToken)).LastSeq)
            : SessionErrors.NotFound();
}
