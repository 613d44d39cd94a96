using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>The session that the user worked in last: what a frame without a session_id means.</summary>
public sealed record FindLatestSession(UserId UserId) : IUserRequest<Result<SessionId>>
{
    private const int Lookback = 200;

    internal sealed class Handler(ISessionStore sessions) : IRequestHandler<FindLatestSession, Result<SessionId>>
    {
        public async Task<Result<SessionId>> Handle(FindLatestSession request, CancellationToken cancellationToken)
        {
            var page = await sessions.ListAsync(new SessionFilter(request.UserId, null, null, Lookback, null), cancellationToken);
            var latest = page.Sessions.FirstOrDefault(s => s.State.Status != SessionStatus.Terminated);
            return latest is null ? SessionErrors.NoSession() : latest.Id;
        }
    }
}
