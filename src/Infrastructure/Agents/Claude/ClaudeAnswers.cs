using System.Text.Json;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Reads what the CLI answers to control requests that ask for data; what is missing there is missing here, and nothing throws.</summary>
internal static class ClaudeAnswers
{
    private const string FreeSpace = "Free space";

    internal static IReadOnlyList<SlashCommand> SlashCommands(JsonElement initialized) =>
    [
        .. initialized.Property("commands").Items()
            .Where(command => command.Text("name") is { Length: > 0 })
            .Select(command => new SlashCommand(
                command.Text("name")!,
                command.Text("description") ?? "",
                command.Text("argumentHint") is { Length: > 0 } hint ? hint : null)),
    ];

    internal static IReadOnlyList<McpServerStatus> McpServers(JsonElement status) =>
    [
        .. status.Property("mcpServers").Items()
            .Where(server => server.Text("name") is not null)
            .Select(server => new McpServerStatus(
                server.Text("name")!,
                server.Text("status") ?? "pending",
                server.Text("error"),
                [.. server.Property("tools").Items().Select(tool => tool.Text("name")).OfType<string>()])),
    ];

    /// <summary>The names of servers that could not be connected. Why may name what is secret.</summary>
    internal static IEnumerable<string> FailedServers(JsonElement connected) =>
        connected.Property("errors") is { ValueKind: JsonValueKind.Object } errors ? errors.EnumerateObject().Select(error => error.Name) : [];

    internal static ContextUsage ContextUsage(JsonElement usage) => new(
        usage.Text("model"),
        usage.Long("totalTokens"),
        usage.Long("maxTokens"),
        usage.Double("percentage") ?? 0,
        usage.Flag("isAutoCompactEnabled") ? usage.Long("autoCompactThreshold") : null,
        [
            .. usage.Property("categories").Items()
                .Where(category => category.Text("name") is { } name && name != FreeSpace)
                .Select(category => new ContextCategory(
                    category.Text("name")!.ToLowerInvariant().Replace(' ', '_'), category.Long("tokens"))),
        ]);
}
