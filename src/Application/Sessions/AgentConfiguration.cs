using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>What a session's agents are configured with: what the workspace's files say, once approved, and the user's MCP servers.</summary>
internal sealed partial class AgentConfiguration(
    SessionId sessionId, IWorkspaceConfigurationReader reader, IMcpServerVault vault, ILogger<AgentConfiguration> logger)
{
    /// <summary>Reads what the workspace says now; null when it could not be read.</summary>
    public async Task<WorkspaceConfiguration?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(sessionId, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotRead(exception, sessionId);
            return null;
        }
    }

    /// <summary>Reads what the workspace says now, and tells it.</summary>
    /// <returns>That, if it is what the owner approved; else null, and nothing of it may take effect.</returns>
    public async Task<WorkspaceConfiguration?> ApprovedAsync(
        SessionState state, Func<WorkspaceConfiguration, Task> found, CancellationToken cancellationToken)
    {
        if (await LookAsync(cancellationToken) is not { } seen)
        {
            return null;
        }

        await found(seen);
        return state.ApprovedConfiguration()?.Digest == seen.Digest ? seen : null;
    }

    /// <summary>All MCP servers to connect; of two with one name, the user's.</summary>
    public IReadOnlyList<McpServer> ServersOf(SessionState state, WorkspaceConfiguration? approved)
    {
        var given = state.Settings.McpServers is null ? [] : vault.Find(sessionId) ?? [];
        return [.. given, .. (approved?.McpServers ?? []).Where(server => given.All(g => g.Name != server.Name))];
    }

    /// <summary>The names of servers that the user gave and that are no longer held.</summary>
    public IReadOnlyList<string> LostServers(SessionState state) =>
        state.Settings.McpServers is { } names && vault.Find(sessionId) is null ? names : [];

    [LoggerMessage(280, LogLevel.Warning, "Session {SessionId}: the workspace's configuration could not be read; nothing of it takes effect")]
    private partial void LogNotRead(Exception exception, SessionId sessionId);
}
