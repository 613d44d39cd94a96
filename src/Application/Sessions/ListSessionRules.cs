using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Tells the permission rules of a session: its own, and those it was created with.</summary>
public sealed record ListSessionRules(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionReply.Rules>>;

internal sealed class ListSessionRulesHandler(ISessionInbox inbox) : IRequestHandler<ListSessionRules, Result<SessionReply.Rules>>
{
    public async Task<Result<SessionReply.Rules>> Handle(ListSessionRules request, CancellationToken cancellationToken)
    {
        var reply = await inbox.SendAsync(request.SessionId, new SessionCommand.ReadRules(), cancellationToken);
        return reply.IsSuccess ? (SessionReply.Rules)reply.Value : reply.Error;
    }
}
