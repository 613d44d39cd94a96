using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>Puts the questions that only a running agent can answer.</summary>
internal static class AgentQueries
{
    private const string Missing = "missing";

    /// <param name="agent">Who is asked.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="lostServers">MCP servers that the agent should have and does not know of.</param>
    public static async Task<Result<SessionReply>> AskAsync(IAgentSession agent, SessionCommand.AgentQuery query, IReadOnlyList<string> lostServers)
    {
        switch (query)
        {
            case SessionCommand.ListSlashCommands:
                return new SessionReply.Commands(agent.SlashCommands);
            case SessionCommand.GetContextUsage:
                var usage = await agent.GetContextUsageAsync(CancellationToken.None);
                return usage.IsSuccess ? new SessionReply.Context(usage.Value) : usage.Error;
            case SessionCommand.ReconnectMcpServer(var name):
                return await StatusAfterAsync(agent, await agent.ReconnectMcpServerAsync(name, CancellationToken.None), lostServers);
            case SessionCommand.ToggleMcpServer(var name, var isEnabled):
                return await StatusAfterAsync(agent, await agent.SetMcpServerEnabledAsync(name, isEnabled, CancellationToken.None), lostServers);
            case SessionCommand.GetMcpStatus:
                return await StatusAfterAsync(agent, Result.Success(), lostServers);
            default:
                throw new ArgumentOutOfRangeException(nameof(query), query.GetType(), "Every query has an answer.");
        }
    }

    private static async Task<Result<SessionReply>> StatusAfterAsync(IAgentSession agent, Result done, IReadOnlyList<string> lostServers)
    {
        if (!done.IsSuccess)
        {
            return done.Error;
        }

        var status = await agent.GetMcpStatusAsync(CancellationToken.None);
        return status.IsSuccess
            ? new SessionReply.McpServers([.. status.Value, .. lostServers.Select(name => new McpServerStatus(name, Missing, null, []))])
            : status.Error;
    }
}
