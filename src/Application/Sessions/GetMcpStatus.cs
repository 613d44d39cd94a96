using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Tells how the session's MCP servers are, and which tools they offer.</summary>
public sealed record GetMcpStatus(UserId UserId, SessionId SessionId) : ISessionRequest<Result<SessionReply.McpServers>>;

internal sealed class GetMcpStatusHandler(ISessionInbox inbox) : IRequestHandler<GetMcpStatus, Result<SessionReply.McpServers>>
{
    public Task<Result<SessionReply.McpServers>> Handle(GetMcpStatus request, CancellationToken cancellationToken) =>
        inbox.AskAsync<SessionReply.McpServers>(request.SessionId, new SessionCommand.GetMcpStatus(), cancellationToken);
}
