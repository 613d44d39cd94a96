using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>What a running agent tells, in no dialect: the adapter has translated it.</summary>
public abstract record AgentEvent
{
    /// <summary>A piece of text of an answer that is being written.</summary>
    /// <param name="MessageId">Names the text that it is a piece of; opaque, unique within the session.</param>
    /// <param name="Utf8">The piece, UTF-8, unescaped; owned by the receiver.</param>
    public sealed record TextDelta(string MessageId, ReadOnlyMemory<byte> Utf8) : AgentEvent;

    /// <summary>A piece of thinking.</summary>
    /// <inheritdoc cref="TextDelta" path="/param"/>
    public sealed record ThinkingDelta(string MessageId, ReadOnlyMemory<byte> Utf8) : AgentEvent;

    /// <summary>A whole text; the authority over its deltas.</summary>
    /// <param name="MessageId">The id its deltas had.</param>
    /// <param name="Text">All of it.</param>
    /// <param name="ParentToolUseId">The subagent's tool call, or null.</param>
    public sealed record TextCompleted(string MessageId, string Text, string? ParentToolUseId) : AgentEvent;

    /// <summary>A whole piece of thinking.</summary>
    /// <inheritdoc cref="TextCompleted" path="/param"/>
    public sealed record ThinkingCompleted(string MessageId, string Text, string? ParentToolUseId) : AgentEvent;

    /// <summary>Deltas of this id were sent, but the API's stream broke off and begins anew under another id: forget them.</summary>
    /// <param name="MessageId">The id of the abandoned deltas.</param>
    public sealed record PartialDiscarded(string MessageId) : AgentEvent;

    /// <summary>A tool was called.</summary>
    /// <param name="ToolUseId">Names the call.</param>
    /// <param name="Name">The tool.</param>
    /// <param name="Input">Its arguments, a JSON object.</param>
    /// <param name="ParentToolUseId">The subagent's tool call, or null.</param>
    public sealed record ToolUse(string ToolUseId, string Name, JsonElement Input, string? ParentToolUseId) : AgentEvent;

    /// <summary>A tool call ended.</summary>
    /// <param name="ToolUseId">Which call.</param>
    /// <param name="Content">A JSON string or an array of content blocks.</param>
    /// <param name="IsError">Whether it failed or was refused.</param>
    /// <param name="ParentToolUseId">The subagent's tool call, or null.</param>
    public sealed record ToolResult(string ToolUseId, JsonElement Content, bool IsError, string? ParentToolUseId) : AgentEvent;

    /// <summary>A long tool call or a subagent goes on.</summary>
    /// <param name="TaskId">Names the task.</param>
    /// <param name="ToolUseId">The tool call it belongs to, or null.</param>
    /// <param name="State">started, progress, updated or ended.</param>
    /// <param name="Description">For people; may be null.</param>
    public sealed record ToolProgress(string TaskId, string? ToolUseId, string State, string? Description) : AgentEvent;

    /// <summary>A tool call waits for <see cref="IAgentSession.AnswerPermissionAsync"/>.</summary>
    /// <param name="RequestId">The agent's own id for the request.</param>
    /// <param name="ToolName">The tool.</param>
    /// <param name="Input">Its arguments, a JSON object.</param>
    /// <param name="Description">What Claude says it is for.</param>
    /// <param name="ToolUseId">The call.</param>
    /// <param name="BlockedPath">The path that made it ask.</param>
    /// <param name="SuggestedRules">Rules that "remember" would add, such as <c>Bash(touch x)</c>.</param>
    /// <param name="SuggestedMode">The mode that "remember" would set when there are no rules; else null.</param>
    public sealed record PermissionRequest(
        string RequestId,
        string ToolName,
        JsonElement Input,
        string? Description,
        string? ToolUseId,
        string? BlockedPath,
        IReadOnlyList<string> SuggestedRules,
        PermissionMode? SuggestedMode) : AgentEvent
    {
        /// <summary>Whether it touches what the agent always asks about, whatever is allowed.</summary>
        public bool IsSensitive { get; init; }

        /// <summary>Whether its path leads out of the workspace once links are followed.</summary>
        public bool LeavesWorkspace { get; init; }
    }

    /// <summary>The agent no longer waits for that answer.</summary>
    /// <param name="RequestId">The agent's id for the request.</param>
    public sealed record PermissionWithdrawn(string RequestId) : AgentEvent;

    /// <summary>A turn began; its settings as the agent has them.</summary>
    /// <param name="AgentSessionId">The id under which the agent keeps its transcript.</param>
    /// <param name="Model">The model in use.</param>
    /// <param name="PermissionMode">The mode in use; null when it is none that Claudy knows.</param>
    public sealed record TurnStarted(Guid AgentSessionId, string? Model, PermissionMode? PermissionMode) : AgentEvent;

    /// <summary>A turn ended.</summary>
    /// <param name="Outcome">How.</param>
    /// <param name="StopReason">The API's stop reason, or null.</param>
    /// <param name="Usage">Tokens of this turn.</param>
    /// <param name="CostUsd">Cost of this turn in US dollars (the adapter has taken the difference of the CLI's running total).</param>
    /// <param name="ErrorMessage">What went wrong, when it did.</param>
    /// <param name="ApiStatus">The HTTP status of the API's refusal; null for none or when there was no answer.</param>
    public sealed record TurnEnded(TurnOutcome Outcome, string? StopReason, TokenUsage Usage, decimal CostUsd, string? ErrorMessage, int? ApiStatus) : AgentEvent;

    /// <summary>A request to the API failed and is tried again.</summary>
    /// <param name="Attempt">1, 2, 3 …</param>
    /// <param name="MaxAttempts">How often it will be tried.</param>
    /// <param name="Delay">Until the next try.</param>
    /// <param name="ApiStatus">The HTTP status; null when there was no answer.</param>
    /// <param name="Error">The API's word for it, such as <c>overloaded_error</c>.</param>
    public sealed record ApiRetry(int Attempt, int MaxAttempts, TimeSpan Delay, int? ApiStatus, string? Error) : AgentEvent;

    /// <summary>The agent changed its own permission mode, such as at the end of a plan.</summary>
    public sealed record PermissionModeChanged(PermissionMode Mode) : AgentEvent;

    /// <summary>Something without a name here; kept.</summary>
    /// <param name="Type">The dialect's type and subtype.</param>
    /// <param name="Raw">The whole message.</param>
    public sealed record Unknown(string Type, JsonElement Raw) : AgentEvent;

    /// <summary>The process is gone, with all its descendants; always the last event.</summary>
    /// <param name="ExitCode">The exit code, or 128 + the signal.</param>
    /// <param name="ErrorOutput">The last lines of its error output, up to 4 kB, for the operator's log.</param>
    /// <param name="Exceeded">The limit that it was ended for; null when it was not.</param>
    public sealed record Exited(int ExitCode, string ErrorOutput, ExceededLimit? Exceeded = null) : AgentEvent;
}

/// <summary>How a turn ended.</summary>
public enum TurnOutcome
{
    /// <summary>Claude finished.</summary>
    Completed,

    /// <summary>A user interrupted it.</summary>
    Interrupted,

    /// <summary>The API refused or failed.</summary>
    ApiError,

    /// <summary>The agent failed for another reason.</summary>
    Failed,
}
