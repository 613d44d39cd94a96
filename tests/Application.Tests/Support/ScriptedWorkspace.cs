using System.Collections.Concurrent;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Tests.Support;

/// <summary>A workspace whose files say what the test wants, and a vault in memory.</summary>
internal sealed class ScriptedWorkspace : IWorkspaceConfigurationReader, IMcpServerVault
{
    private readonly ConcurrentDictionary<SessionId, IReadOnlyList<McpServer>> _servers = new();

    /// <summary>What the files say.</summary>
    public WorkspaceConfiguration Files { get; set; } = With([]);

    /// <summary>Makes reading fail as a bad disk would.</summary>
    public bool IsBroken { get; set; }

    /// <summary>A configuration with these variables and nothing else.</summary>
    public static WorkspaceConfiguration With(IReadOnlyList<NamedValue> environment) => WorkspaceConfiguration.Of([], environment, [], [], []);

    public Task<WorkspaceConfiguration> ReadAsync(SessionId session, CancellationToken cancellationToken) =>
        IsBroken ? throw new IOException("bad disk") : Task.FromResult(Files);

    public bool Reads(WorkspacePath path) => path.Value == "CLAUDE.md";

    public void Keep(SessionId session, IReadOnlyList<McpServer> servers) => _servers[session] = servers;

    public IReadOnlyList<McpServer>? Find(SessionId session) => _servers.GetValueOrDefault(session);

    public void Forget(SessionId session) => _servers.TryRemove(session, out _);
}
