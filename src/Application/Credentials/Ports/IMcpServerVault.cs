using Claudy.Domain.Sessions;

namespace Claudy.Application.Credentials.Ports;

/// <summary>
/// Holds the MCP servers that users gave for their sessions, encrypted, in memory, for as long as the session lives: a
/// server's arguments, variables, address and headers are where its keys are.
/// </summary>
public interface IMcpServerVault
{
    /// <summary>Keeps a session's servers in place of those it had.</summary>
    void Keep(SessionId session, IReadOnlyList<McpServer> servers);

    /// <summary>A session's servers; null when none are held here, such as after a restart of the server.</summary>
    IReadOnlyList<McpServer>? Find(SessionId session);

    /// <summary>Forgets a session's servers; harmless when there are none.</summary>
    void Forget(SessionId session);
}
