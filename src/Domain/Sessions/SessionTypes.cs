using System.Text.Json;
using Claudy.Domain.Networking;
using Claudy.Domain.Usage;

namespace Claudy.Domain.Sessions;

/// <summary>What a session is doing.</summary>
public enum SessionStatus
{
    /// <summary>Its Claude Code process is being started.</summary>
    Starting,

    /// <summary>Its process waits for a message.</summary>
    Idle,

    /// <summary>Claude works on a message.</summary>
    Running,

    /// <summary>Claude waits for a human to allow or deny a tool call.</summary>
    AwaitingPermission,

    /// <summary>It has work and waits in line for a process, since this node runs as many as it may.</summary>
    Queued,

    /// <summary>It has no process; the next message starts one.</summary>
    Hibernated,

    /// <summary>It was ended for good; its history can still be read.</summary>
    Terminated,

    /// <summary>Its process could not be started; the next message tries again.</summary>
    Failed,
}

/// <summary>What Claude may do without asking, in Claude Code's own terms.</summary>
public enum PermissionMode
{
    /// <summary>Asks before writes and commands.</summary>
    Default,

    /// <summary>Edits files without asking.</summary>
    AcceptEdits,

    /// <summary>Plans before it acts.</summary>
    Plan,

    /// <summary>Denies what would have to be asked.</summary>
    DontAsk,

    /// <summary>Never asks; only where the session is sandboxed.</summary>
    BypassPermissions,
}

/// <summary>What a user chooses for a session.</summary>
public sealed record SessionSettings
{
    /// <summary>A name for people, up to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The model; null for Claude Code's default.</summary>
    public string? Model { get; init; }

    /// <summary>What Claude may do without asking.</summary>
    public PermissionMode PermissionMode { get; init; }

    /// <summary>Text put after Claude Code's own system prompt; up to 100,000 characters.</summary>
    public string? AppendSystemPrompt { get; init; }

    /// <summary>Tools or rules that need no asking, in Claude Code's form: <c>Read</c>, <c>Bash(git status)</c>.</summary>
    public IReadOnlyList<string> AllowedTools { get; init; } = [];

    /// <summary>Tools or rules that are refused.</summary>
    public IReadOnlyList<string> DisallowedTools { get; init; } = [];

    /// <summary>Whether the user gave a key for this session; if so, it never falls back to the server's.</summary>
    public bool BringsOwnKey { get; init; }

    /// <summary>What of the network it may reach; null, as in sessions from before there was a choice, for nothing.</summary>
    public NetworkPolicy? Network { get; init; }

    /// <summary>How much it may spend; null for the server's default.</summary>
    public Budget? Budget { get; init; }

    /// <summary>How many tokens Claude may think with before it answers: 0 for no thinking; null for the model's default.</summary>
    public int? MaxThinkingTokens { get; init; }

    /// <summary>The names of the MCP servers that the user gave. All else of them may be secret and is held in memory only. Null for none.</summary>
    public IReadOnlyList<string>? McpServers { get; init; }
}

/// <summary>Tokens, as the API counts them.</summary>
/// <param name="InputTokens">Read without a cache.</param>
/// <param name="OutputTokens">Written.</param>
/// <param name="CacheCreationInputTokens">Written into the cache.</param>
/// <param name="CacheReadInputTokens">Read from the cache.</param>
public readonly record struct TokenUsage(long InputTokens, long OutputTokens, long CacheCreationInputTokens, long CacheReadInputTokens)
{
    /// <summary>The sum of both.</summary>
    public static TokenUsage operator +(TokenUsage left, TokenUsage right) => new(
        left.InputTokens + right.InputTokens,
        left.OutputTokens + right.OutputTokens,
        left.CacheCreationInputTokens + right.CacheCreationInputTokens,
        left.CacheReadInputTokens + right.CacheReadInputTokens);
}

/// <summary>A tool call that waits for a human.</summary>
/// <param name="Id">Names the request.</param>
/// <param name="ToolName">The tool, such as Bash.</param>
/// <param name="Input">Its arguments exactly, a JSON object.</param>
/// <param name="Description">What Claude says it is for.</param>
/// <param name="ToolUseId">The call it belongs to.</param>
/// <param name="BlockedPath">The path that made the CLI ask, if one did.</param>
/// <param name="SuggestedRules">Rules that "remember" would add, in Claude Code's form.</param>
/// <param name="SuggestedMode">The permission mode that "remember" would set instead of rules; null when it sets none.</param>
/// <param name="ExpiresAt">When it is denied by itself.</param>
public sealed record PermissionRequest(
    string Id,
    string ToolName,
    JsonElement Input,
    string? Description,
    string? ToolUseId,
    string? BlockedPath,
    IReadOnlyList<string> SuggestedRules,
    PermissionMode? SuggestedMode,
    DateTimeOffset ExpiresAt);

/// <summary>How a permission request ended.</summary>
public enum PermissionDecision
{
    /// <summary>The tool may run.</summary>
    Allow,

    /// <summary>The tool may not run.</summary>
    Deny,
}
