using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Connects an MCP server anew, and tells how all are then.</summary>
public sealed record ReconnectMcpServer(UserId UserId, SessionId SessionId, string Server) : ISessionRequest<Result<SessionReply.McpServers>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("mcp.reconnected") { Target = Server };
}

internal sealed class ReconnectMcpServerValidator : AbstractValidator<ReconnectMcpServer>
{
    public ReconnectMcpServerValidator() => RuleFor(r => r.Server).NotEmpty().MaximumLength(100);
}

internal sealed class ReconnectMcpServerHandler(ISessionInbox inbox) : IRequestHandler<ReconnectMcpServer, Result<SessionReply.McpServers>>
{
    public Task<Result<SessionReply.McpServers>> Handle(ReconnectMcpServer request, CancellationToken cancellationToken) =>
        inbox.AskAsync<SessionReply.McpServers>(request.SessionId, new SessionCommand.ReconnectMcpServer(request.Server), cancellationToken);
}
