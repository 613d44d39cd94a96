using Claudy.Application.Audit;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Gives the session other MCP servers in place of those that the user gave before; its process is replaced as soon as it rests.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="McpServers">All of them; empty for none.</param>
public sealed record SetMcpServers(UserId UserId, SessionId SessionId, IReadOnlyList<McpServer> McpServers) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("mcp.set") { IsCritical = true }.With("servers", AuditText.Names(McpServers.Select(s => s.Name)));
}

internal sealed class SetMcpServersValidator : AbstractValidator<SetMcpServers>
{
    public SetMcpServersValidator() => RuleFor(r => r.McpServers).McpServers();
}

internal sealed class SetMcpServersHandler(ISessionInbox inbox, IMcpServerVault vault) : IRequestHandler<SetMcpServers, Result<SessionReply.Done>>
{
    public async Task<Result<SessionReply.Done>> Handle(SetMcpServers request, CancellationToken cancellationToken)
    {
        // Before the session hears of it, since it may start a process at once.
        vault.Keep(request.SessionId, request.McpServers);
        var names = request.McpServers.Select(s => s.Name);
        var done = await inbox.ControlAsync(request, new SessionCommand.UseMcpServers([.. names]), cancellationToken);
        if (done.Error is { Status: ResultStatus.NotFound } || done.Error?.Code == SessionErrors.Terminated().Code)
        {
            // Over or deleted meanwhile: nobody else would ever forget them.
            vault.Forget(request.SessionId);
        }

        return done;
    }
}
