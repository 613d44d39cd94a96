using System.Text.Json;
using System.Text.Json.Serialization;

namespace Claudy.WebApi.Protocol;

// The type's own fields of each client frame. All are optional here; the use case's validator says what is missing.

/// <summary>Fields of <c>create_session</c>.</summary>
/// <remarks>No record: a printed one would show the key.</remarks>
internal sealed class CreateSessionData
{
    /// <summary>An Anthropic key or token for this session only.</summary>
    public string? ClaudeToken { get; init; }

    /// <summary>What it is; see <see cref="ClaudeTokenData.TokenKind"/>.</summary>
    public string? TokenKind { get; init; }

    /// <summary>Whether it is stored, sealed; else it is held in memory only.</summary>
    public bool? RememberToken { get; init; }

    /// <summary>A name for people.</summary>
    public string? Name { get; init; }

    /// <summary>The model; none for Claude Code's default.</summary>
    public string? Model { get; init; }

    /// <summary>One of <see cref="WireNames.ModeNames"/>; default when left out.</summary>
    public string? PermissionMode { get; init; }

    /// <summary>Text put after Claude Code's own system prompt.</summary>
    public string? AppendSystemPrompt { get; init; }

    /// <summary>Tools or rules that need no asking.</summary>
    public IReadOnlyList<string>? AllowedTools { get; init; }

    /// <summary>Tools or rules that are refused.</summary>
    public IReadOnlyList<string>? DisallowedTools { get; init; }

    /// <summary>What of the network it may reach, see <see cref="WireNetwork"/>; none for the server's default.</summary>
    public JsonElement? Network { get; init; }

    /// <summary>For how many tokens Claude may think; 0 for none.</summary>
    public int? MaxThinkingTokens { get; init; }

    /// <summary>How much it may spend; none for the server's default.</summary>
    public BudgetData? Budget { get; init; }

    /// <summary>MCP servers by name; what they hold may be secret.</summary>
    public Dictionary<string, McpServerData?>? McpServers { get; init; }

    /// <summary>The Git repository that the workspace begins with; none for an empty one.</summary>
    public RepositoryData? Repository { get; init; }
}

/// <summary>Fields of <c>list_sessions</c>.</summary>
internal sealed record ListSessionsData(string? Status, string? Query, int? Limit, string? Cursor);

/// <summary>Fields of <c>attach_session</c>.</summary>
/// <param name="AfterSeq">The last event that the client handled; none to get the last 200 and go on from there.</param>
internal sealed record AttachSessionData(long? AfterSeq);

/// <summary>Fields of <c>session_history</c>.</summary>
/// <param name="BeforeSeq">Events below this one; none for the newest.</param>
/// <param name="Limit">1 to 1,000; 100 when left out.</param>
internal sealed record SessionHistoryQuery(long? BeforeSeq, int? Limit);

/// <summary>Fields of <c>search_history</c>.</summary>
/// <param name="Query">Words, which must all be there.</param>
/// <param name="Limit">1 to 100; 20 when left out.</param>
/// <param name="Cursor">Where the last page ended.</param>
internal sealed record SearchHistoryData(string? Query, int? Limit, string? Cursor);

/// <summary>Fields of <c>session_control</c>.</summary>
/// <param name="Action">
/// interrupt, hibernate, resume, restart, terminate, delete, rename, set_model, set_permission_mode, set_network, set_thinking_budget,
/// set_mcp_servers, set_budget, fork or take_back.
/// </param>
/// <param name="Name">For rename.</param>
/// <param name="Model">For set_model; none for the default.</param>
/// <param name="Mode">For set_permission_mode.</param>
/// <param name="Network">For set_network.</param>
/// <param name="MaxThinkingTokens">For set_thinking_budget; none for the default.</param>
/// <param name="McpServers">For set_mcp_servers: all of them, by name.</param>
/// <param name="AtSeq">For fork; none for the newest place.</param>
/// <param name="TurnId">For take_back.</param>
/// <param name="SoftUsd">For set_budget: the soft limit; none for none.</param>
/// <param name="HardUsd">For set_budget: the hard limit; none for none. Without either, the server's default holds.</param>
internal sealed record SessionControlData(
    string? Action,
    string? Name,
    string? Model,
    string? Mode,
    JsonElement? Network,
    int? MaxThinkingTokens,
    Dictionary<string, McpServerData?>? McpServers,
    long? AtSeq,
    long? TurnId,
    decimal? SoftUsd,
    decimal? HardUsd);

/// <summary>Fields of <c>chat_message</c>.</summary>
/// <param name="Images">Images that go with it.</param>
/// <param name="SendNow">Whether it goes before all that wait, and the turn that is under way is interrupted for it.</param>
internal sealed record ChatMessageData(IReadOnlyList<ImageData?>? Images, bool? SendNow);

/// <summary>An image of a message.</summary>
/// <param name="MediaType">image/png, image/jpeg, image/gif or image/webp.</param>
/// <param name="Data">The bytes, base64.</param>
internal sealed record ImageData(string? MediaType, byte[]? Data);

/// <summary>Fields of <c>cancel_message</c>, <c>edit_message</c> and <c>send_now</c>.</summary>
internal sealed record QueuedMessageReference(string? MessageId);

/// <summary>Fields of <c>permission_response</c>.</summary>
/// <param name="RequestId">Which request.</param>
/// <param name="Decision">allow or deny.</param>
/// <param name="Remember">true, false, session or user.</param>
/// <param name="UpdatedInput">Changed arguments.</param>
/// <param name="Message">What Claude is told on a denial.</param>
/// <param name="Rules">What to remember instead of the suggested rules.</param>
internal sealed record PermissionResponseData(
    string? RequestId, string? Decision, JsonElement? Remember, JsonElement? UpdatedInput, string? Message, IReadOnlyList<string?>? Rules);

/// <summary>Fields of <c>permission_rule_add</c>, <c>permission_rule_update</c> and <c>permission_rule_remove</c>.</summary>
/// <param name="Scope">session or user.</param>
/// <param name="Rule">The rule that is added, changed or revoked.</param>
/// <param name="NewRule">What takes its place.</param>
/// <param name="Effect">allow or deny; allow when left out.</param>
internal sealed record PermissionRuleData(string? Scope, string? Rule, string? NewRule, string? Effect);

/// <summary>Fields of <c>configuration_response</c>.</summary>
/// <param name="Digest">What was shown.</param>
/// <param name="Decision">approve or reject.</param>
internal sealed record ConfigurationResponseData(string? Digest, string? Decision);

/// <summary>Fields of <c>mcp_reconnect</c> and <c>mcp_toggle</c>.</summary>
/// <param name="Server">Which server.</param>
/// <param name="Enabled">For <c>mcp_toggle</c>: on or off.</param>
internal sealed record McpServerQuery(string? Server, bool? Enabled);

/// <summary>Fields of <c>validate_token</c> and <c>update_token</c>, and of the HTTP requests that do the same.</summary>
/// <remarks>No record: a printed one would show the key.</remarks>
internal sealed class ClaudeTokenData
{
    /// <summary>An Anthropic key or token.</summary>
    public string? ClaudeToken { get; init; }

    /// <summary>api_key or auth_token; when left out, what its beginning says, else api_key.</summary>
    public string? TokenKind { get; init; }

    /// <summary>Whether it is stored, sealed; else it is held in memory only.</summary>
    public bool? RememberToken { get; init; }

    /// <summary>session or user; session when left out.</summary>
    public string? Scope { get; init; }

    /// <summary>Which session, over HTTP; frames have it in their envelope.</summary>
    public string? SessionId { get; init; }
}

/// <summary>Fields of <c>forget_token</c>.</summary>
/// <param name="Scope">session or user; session when left out.</param>
internal sealed record TokenScopeData(string? Scope);

/// <summary>Fields of <c>file_upload</c>.</summary>
/// <param name="Filename">Where, relative to the workspace.</param>
/// <param name="Content">The content, in <paramref name="Encoding"/>: the UTF-8 bytes of the JSON string.</param>
/// <param name="Encoding">utf-8 or base64; utf-8 when left out.</param>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
internal sealed record FileUploadData(
    string? Filename,
    [property: JsonConverter(typeof(Utf8StringConverter))] byte[]? Content,
    string? Encoding,
    bool? Overwrite);

/// <summary>Fields of <c>file_list</c>.</summary>
internal sealed record FileListQuery(string? Path, bool? Recursive, int? Limit, string? Cursor, bool? Ignore);

/// <summary>Fields of <c>workspace_diff</c>.</summary>
/// <param name="SinceSeq">From what was kept at or before this event; none for the beginning of the newest turn.</param>
/// <param name="UntilSeq">To what was kept at or before this event; none for now.</param>
internal sealed record WorkspaceDiffQuery(long? SinceSeq, long? UntilSeq);

/// <summary>Fields of <c>file_download</c>.</summary>
/// <param name="Filename">Which file.</param>
/// <param name="Offset">From which byte.</param>
/// <param name="Length">At most so many bytes; none for the rest.</param>
/// <param name="Encoding">utf-8 or base64; when left out, utf-8 if the content is that, else base64.</param>
internal sealed record FileDownloadData(string? Filename, long? Offset, long? Length, string? Encoding);
