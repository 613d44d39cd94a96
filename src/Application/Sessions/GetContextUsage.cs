using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Tells what fills Claude's context.</summary>
public sealed record GetContextUsage(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionReply.Context>>;

internal sealed class GetContextUsageHandler(ISessionInbox inbox) : IRequestHandler<GetContextUsage, Result<SessionReply.Context>>
{
    public Task<Result<SessionReply.Context>> Handle(GetContextUsage request, CancellationToken cancellationToken) =>
        inbox.AskAsync<SessionReply.Context>(request.SessionId, new SessionCommand.GetContextUsage(), cancellationToken);
}
