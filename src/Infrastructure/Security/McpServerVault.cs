using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Claudy.Application.Credentials.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Security;

/// <summary>Keeps the users' MCP servers in memory, sealed under a key that lives and dies with the process.</summary>
internal sealed class McpServerVault : IMcpServerVault
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<SessionId, SealedSecret> _servers = new();

    public void Keep(SessionId session, IReadOnlyList<McpServer> servers)
    {
        var json = JsonSerializer.Serialize(servers, McpServerJson.Default.IReadOnlyListMcpServer);
        _servers[session] = SealedSecret.Seal(new Secret(json), Purpose(session), _key);
    }

    public IReadOnlyList<McpServer>? Find(SessionId session) => _servers.TryGetValue(session, out var held)
        ? JsonSerializer.Deserialize(held.Open(Purpose(session), _key).Reveal(), McpServerJson.Default.IReadOnlyListMcpServer)
        : null;

    public void Forget(SessionId session) => _servers.TryRemove(session, out _);

    private static string Purpose(SessionId session) => $"mcp {session}";
}

[JsonSerializable(typeof(IReadOnlyList<McpServer>))]
internal sealed partial class McpServerJson : JsonSerializerContext;
