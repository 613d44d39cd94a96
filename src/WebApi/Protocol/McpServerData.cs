using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Protocol;

/// <summary>An MCP server as a client gives it, in the form of Claude Code's own <c>.mcp.json</c>.</summary>
/// <remarks>No record: a printed one would show what may be secret.</remarks>
internal sealed class McpServerData
{
    /// <summary>stdio, http or sse; stdio when left out.</summary>
    public string? Type { get; init; }

    /// <summary>The program, for stdio.</summary>
    public string? Command { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string?>? Args { get; init; }

    /// <summary>Its variables.</summary>
    public Dictionary<string, string?>? Env { get; init; }

    /// <summary>The address, for http and sse.</summary>
    public string? Url { get; init; }

    /// <summary>Headers of each request.</summary>
    public Dictionary<string, string?>? Headers { get; init; }

    /// <summary>All servers of a frame; none for null. What is wrong with one is the validator's to say, but for its type.</summary>
    public static Result<IReadOnlyList<McpServer>> Read(Dictionary<string, McpServerData?>? servers)
    {
        List<McpServer> read = [];
        foreach (var (name, data) in servers ?? [])
        {
            if (data?.Type is not (null or "stdio" or "http" or "sse"))
            {
                return RequestErrors.InvalidField("mcp_servers", "The type of an MCP server must be stdio, http or sse.");
            }

            read.Add((data ?? new McpServerData()).ToServer(name));
        }

        return Result.Success<IReadOnlyList<McpServer>>(read);
    }

    private McpServer ToServer(string name) => new()
    {
        Name = name,
        Transport = Type switch
        {
            "http" => McpTransport.Http,
            "sse" => McpTransport.Sse,
            _ => McpTransport.Stdio,
        },
        Command = Command,
        Args = [.. (Args ?? []).Select(arg => arg ?? "")],
        Environment = Values(Env),
        Url = Url,
        Headers = Values(Headers),
    };

    private static List<NamedValue> Values(Dictionary<string, string?>? values) =>
        [.. (values ?? []).Select(pair => new NamedValue(pair.Key, pair.Value ?? ""))];
}
