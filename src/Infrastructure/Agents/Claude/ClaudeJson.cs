using System.Text.Json;
using System.Text.Json.Serialization;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>A message of the user.</summary>
/// <typeparam name="TContent">A string, in which slash commands are understood, or a list of blocks.</typeparam>
internal sealed record UserLine<TContent>(UserLineMessage<TContent> Message, Guid Uuid)
{
    public string Type { get; } = "user";
}

/// <summary>What the message says.</summary>
internal sealed record UserLineMessage<TContent>(TContent Content)
{
    public string Role { get; } = "user";
}

/// <summary>A text or an image.</summary>
internal sealed record UserLineBlock(string Type)
{
    public string? Text { get; init; }

    public UserLineImage? Source { get; init; }
}

/// <summary>An image; the bytes are written as base64.</summary>
internal sealed record UserLineImage(string MediaType, byte[] Data)
{
    public string Type { get; } = "base64";
}

/// <summary>A control request to the CLI.</summary>
internal sealed record ControlRequestLine(string RequestId, ControlRequest Request)
{
    public string Type { get; } = "control_request";
}

/// <summary>
/// Every control request that Claudy sends. There is no way to make another one: nothing of a client is relayed raw, and
/// some that the CLI takes do harm (<c>rewind_conversation</c> wedged the process, <c>mcp_call</c> is not permission-checked).
/// </summary>
internal sealed record ControlRequest
{
    private ControlRequest(string subtype) => Subtype = subtype;

    public string Subtype { get; }

    public string? Mode { get; private init; }

    public string? Model { get; private init; }

    public Guid? UserMessageId { get; private init; }

    public bool? DryRun { get; private init; }

    [JsonPropertyName("appendSystemPrompt")]
    public string? AppendSystemPrompt { get; private init; }

    public ClaudeSettings? Settings { get; private init; }

    /// <summary>A number, or an explicit null, which is not the same as nothing.</summary>
    public JsonElement? MaxThinkingTokens { get; private init; }

    [JsonPropertyName("serverName")]
    public string? ServerName { get; private init; }

    public bool? Enabled { get; private init; }

    public IReadOnlyDictionary<string, ClaudeMcpServer>? Servers { get; private init; }

    internal static ControlRequest Interrupt { get; } = new("interrupt");

    internal static ControlRequest EndSession { get; } = new("end_session");

    internal static ControlRequest Initialize(string? appendSystemPrompt) => new("initialize") { AppendSystemPrompt = appendSystemPrompt };

    internal static ControlRequest GetContextUsage { get; } = new("get_context_usage");

    internal static ControlRequest McpStatus { get; } = new("mcp_status");

    internal static ControlRequest Apply(ClaudeSettings settings) => new("apply_flag_settings") { Settings = settings };

    internal static ControlRequest SetThinkingBudget(int? maxTokens) =>
        new("set_max_thinking_tokens") { MaxThinkingTokens = JsonSerializer.SerializeToElement(maxTokens, ClaudeJson.Default.NullableInt32) };

    internal static ControlRequest SetMcpServers(IReadOnlyList<Domain.Sessions.McpServer> servers) =>
        new("mcp_set_servers") { Servers = ClaudeMcpServers.ToWire(servers) };

    internal static ControlRequest ReconnectMcpServer(string name) => new("mcp_reconnect") { ServerName = name };

    internal static ControlRequest ToggleMcpServer(string name, bool isEnabled) => new("mcp_toggle") { ServerName = name, Enabled = isEnabled };

    internal static ControlRequest SetModel(string? model) => new("set_model") { Model = model };

    internal static ControlRequest RewindFiles(Guid userMessageId, bool isDryRun) =>
        new("rewind_files") { UserMessageId = userMessageId, DryRun = isDryRun ? true : null };

    internal static ControlRequest SetPermissionMode(Domain.Sessions.PermissionMode mode) =>
        new("set_permission_mode") { Mode = ClaudePermissionModes.ToName(mode) };
}

/// <summary>An answer to a control request of the CLI.</summary>
internal sealed record ControlResponseLine(ControlResponse Response)
{
    public string Type { get; } = "control_response";
}

/// <summary>Success with a decision, or an error.</summary>
internal sealed record ControlResponse(string RequestId)
{
    public string Subtype => Error is null ? "success" : "error";

    public PermissionDecisionBody? Response { get; init; }

    public string? Error { get; init; }
}

/// <summary>The decision about a tool call.</summary>
internal sealed record PermissionDecisionBody(string Behavior)
{
    [JsonPropertyName("updatedInput")]
    public JsonElement? UpdatedInput { get; init; }

    [JsonPropertyName("updatedPermissions")]
    public IReadOnlyList<PermissionUpdate>? UpdatedPermissions { get; init; }

    public string? Message { get; init; }
}

/// <summary>A change of permissions for the rest of the process. Its destination is always the session: another would write into the workspace.</summary>
internal sealed record PermissionUpdate(string Type)
{
    public string Destination { get; } = "session";

    public string? Mode { get; init; }
}

/// <summary>Settings as the CLI has them, as far as Claudy sets any.</summary>
internal sealed record ClaudeSettings
{
    [JsonPropertyName("skipWebFetchPreflight")]
    public bool? SkipWebFetchPreflight { get; init; }

    public ClaudePermissionSettings? Permissions { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<ClaudeHookGroup>>? Hooks { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    internal bool IsEmpty => Permissions is null or { Allow: null or { Count: 0 }, Deny: null or { Count: 0 } } && Hooks is null && Env is null && SkipWebFetchPreflight is null;
}

/// <summary>Hooks with one matcher.</summary>
internal sealed record ClaudeHookGroup(string? Matcher, IReadOnlyList<ClaudeHook> Hooks);

/// <summary>A command that the CLI runs by itself.</summary>
internal sealed record ClaudeHook(string Command)
{
    public string Type { get; } = "command";

    public IReadOnlyList<string>? Args { get; init; }

    public string? If { get; init; }

    public double? Timeout { get; init; }

    public bool? Once { get; init; }

    public bool? Async { get; init; }
}

/// <summary>An MCP server that the CLI starts or connects to.</summary>
internal sealed record ClaudeMcpServer(string Type)
{
    public string? Command { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    public string? Url { get; init; }

    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}

/// <summary>Rules, each a string of its own.</summary>
internal sealed record ClaudePermissionSettings
{
    public IReadOnlyList<string>? Allow { get; init; }

    public IReadOnlyList<string>? Deny { get; init; }
}

/// <remarks>
/// The encoder must stay the default one, which escapes all that is not ASCII: the CLI splits its input where JavaScript
/// sees the end of a line, U+2028 among them, and dies of half a line.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UserLine<string>), TypeInfoPropertyName = "TextLine")]
[JsonSerializable(typeof(UserLine<IReadOnlyList<UserLineBlock>>), TypeInfoPropertyName = "BlocksLine")]
[JsonSerializable(typeof(ControlRequestLine))]
[JsonSerializable(typeof(ControlResponseLine))]
[JsonSerializable(typeof(ClaudeSettings))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int?))]
internal sealed partial class ClaudeJson : JsonSerializerContext;
