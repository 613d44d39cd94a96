using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Turns an MCP server off or on again, until the session's process ends, and tells how all are then.</summary>
public sealed record ToggleMcpServer(UserId UserId, SessionId SessionId, string Server, bool IsEnabled) : ISessionRequest<Result<SessionReply.McpServers>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("mcp.toggled") { IsCritical = true, Target = Server }.With("enabled", AuditText.Flag(IsEnabled));
}

internal sealed class ToggleMcpServerValidator : AbstractValidator<ToggleMcpServer>
{
    public ToggleMcpServerValidator() => RuleFor(r => r.Server).NotEmpty().MaximumLength(100);
}

internal sealed class ToggleMcpServerHandler(ISessionInbox inbox) : IRequestHandler<ToggleMcpServer, Result<SessionReply.McpServers>>
{
    public Task<Result<SessionReply.McpServers>> Handle(ToggleMcpServer request, CancellationToken cancellationToken) =>
        inbox.AskAsync<SessionReply.McpServers>(
            request.SessionId, new SessionCommand.ToggleMcpServer(request.Server, request.IsEnabled), cancellationToken);
}
