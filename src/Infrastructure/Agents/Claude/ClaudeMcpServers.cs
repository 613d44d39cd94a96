using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Reads <c>.mcp.json</c>, and writes servers as the CLI takes them.</summary>
internal static class ClaudeMcpServers
{
    internal static void Read(string path, JsonElement file, ClaudeWorkspaceDraft draft)
    {
        if (file.Property("mcpServers") is not { ValueKind: JsonValueKind.Object } servers)
            return;

        var count = 0;
        foreach (var server in servers.EnumerateObject())
        {
            var (read, problem) = ServerOf(server.Name, server.Value);
            if (read is not null && ++count > McpServer.MaxServers)
                problem = $"is one of more than {McpServer.MaxServers}";
            if (read is null || problem is not null)
                draft.Ignore(path, $"mcpServers.{server.Name}", $"This MCP server {problem}.");
            else
                draft.Set(read);
        }
    }

    /// <summary>The <c>servers</c> of the control request that connects them.</summary>
    internal static IReadOnlyDictionary<string, ClaudeMcpServer> ToWire(IReadOnlyList<McpServer> servers) =>
        servers.ToDictionary(server => server.Name, ToWire, StringComparer.Ordinal);

    private static ClaudeMcpServer ToWire(McpServer server) => server.Transport switch
    {
        McpTransport.Stdio => new ClaudeMcpServer("stdio") { Command = server.Command, Args = server.Args, Env = ToMap(server.Environment) },
        McpTransport.Http => new ClaudeMcpServer("http") { Url = server.Url, Headers = ToMap(server.Headers) },
        McpTransport.Sse => new ClaudeMcpServer("sse") { Url = server.Url, Headers = ToMap(server.Headers) },
        _ => throw new ArgumentOutOfRangeException(nameof(server), server.Transport, "Not a transport."),
    };

    private static (McpServer? Server, string? Problem) ServerOf(string name, JsonElement server)
    {
        McpTransport? transport = (server.Text("type") ?? "stdio") switch
        {
            "stdio" => McpTransport.Stdio,
            "http" => McpTransport.Http,
            "sse" => McpTransport.Sse,
            _ => null,
        };
        if (transport is null || Strings(server, "args") is not { } args || Map(server, "env") is not { } environment || Map(server, "headers") is not { } headers)
            return (null, "is described in a way that Claudy does not know");

        var read = new McpServer
        {
            Name = name,
            Transport = transport.Value,
            Command = server.Text("command"),
            Args = args,
            Environment = environment,
            Url = server.Text("url"),
            Headers = headers,
        };
        return (read, read.Problem());
    }

    private static List<string>? Strings(JsonElement server, string field)
    {
        List<JsonElement> items = [.. server.Property(field).Items()];
        return server.Property(field) is { ValueKind: not JsonValueKind.Array } || items.Any(item => item.ValueKind != JsonValueKind.String)
            ? null
            : [.. items.Select(item => item.GetString()!)];
    }

    private static List<NamedValue>? Map(JsonElement server, string field)
    {
        if (server.Property(field) is not { } map)
            return [];
        if (map.ValueKind != JsonValueKind.Object || map.EnumerateObject().Any(pair => pair.Value.ValueKind != JsonValueKind.String))
            return null;

        // A name that is there twice would be shown twice and hold once.
        return [.. map.EnumerateObject().DistinctBy(pair => pair.Name, StringComparer.Ordinal).Select(pair => new NamedValue(pair.Name, map.Text(pair.Name)!))];
    }

    private static Dictionary<string, string> ToMap(IReadOnlyList<NamedValue> values) =>
        values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal);
}
