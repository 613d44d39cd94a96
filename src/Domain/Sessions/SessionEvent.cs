using System.Text.Json;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;
using Claudy.Domain.Workspaces;

namespace Claudy.Domain.Sessions;

/// <summary>
/// Something that happened in a session and is kept: the session's state is these, applied in order.
/// </summary>
/// <remarks>Stored by <c>ISessionEventLog</c> and sent to clients with its sequence number; see docs/protocol.md.</remarks>
public abstract record SessionEvent;

/// <summary>An event with the place it has in its session.</summary>
/// <param name="Seq">1, 2, 3 … with no gap.</param>
/// <param name="At">When it was recorded, UTC.</param>
/// <param name="Event">What happened.</param>
public sealed record StoredEvent(long Seq, DateTimeOffset At, SessionEvent Event);

/// <summary>An image that a user sent with a message.</summary>
/// <param name="MediaType">image/png, image/jpeg, image/gif or image/webp.</param>
/// <param name="Data">The image's bytes.</param>
public sealed record ImageAttachment(string MediaType, byte[] Data);

/// <summary>A message of the user, as it was accepted.</summary>
/// <param name="Id">Claudy's id for it.</param>
/// <param name="ClientId">The id the client gave it, unique within the session for 24 hours; null when it gave none.</param>
/// <param name="Text">What the user wrote.</param>
/// <param name="Images">Images that go with it.</param>
public sealed record ChatMessage(string Id, string? ClientId, string Text, IReadOnlyList<ImageAttachment> Images)
{
    /// <summary>About how many bytes it holds.</summary>
    internal long Size => (sizeof(char) * (long)Text.Length) + Images.Sum(i => (long)i.Data.Length);
}

/// <summary>The session was made.</summary>
/// <param name="Settings">What it starts with.</param>
/// <param name="ForkedFrom">The session whose conversation and files it begins with; null when it began empty.</param>
public sealed record SessionCreated(SessionSettings Settings, ForkOrigin? ForkedFrom = null) : SessionEvent;

/// <summary>Where a fork comes from.</summary>
/// <param name="SessionId">The other session.</param>
/// <param name="Seq">Its last event that the fork's conversation goes up to.</param>
public sealed record ForkOrigin(Guid SessionId, long Seq);

/// <summary>The workspace was filled from a Git repository.</summary>
/// <param name="Url">Its address; without credentials.</param>
/// <param name="Ref">The branch, tag or commit that was asked for; null for the default branch.</param>
/// <param name="Commit">The id of the commit whose files there are.</param>
public sealed record RepositoryCloned(string Url, string? Ref, string Commit) : SessionEvent;

/// <summary>The status changed.</summary>
/// <param name="Status">The status from now on.</param>
/// <param name="Reason">Why, in lower snake case, such as <c>user_request</c>; null when the status says it all.</param>
public sealed record StatusChanged(SessionStatus Status, string? Reason) : SessionEvent;

/// <summary>Name, model or permission mode changed.</summary>
/// <param name="Settings">All settings from now on.</param>
public sealed record SettingsChanged(SessionSettings Settings) : SessionEvent;

/// <summary>How the queue changed.</summary>
public enum QueueChange
{
    /// <summary>A message was put at its end.</summary>
    Added,

    /// <summary>A message was taken back by a user.</summary>
    Cancelled,

    /// <summary>The first message left it, for its turn.</summary>
    Started,

    /// <summary>The text of a message was changed; it kept its place.</summary>
    Edited,

    /// <summary>A message was put first.</summary>
    Moved,
}

/// <summary>The queue of messages that wait for their turn changed.</summary>
/// <param name="Change">How.</param>
/// <param name="MessageId">Which message.</param>
/// <param name="Message">The message itself when it was added or edited; else null.</param>
public sealed record QueueChanged(QueueChange Change, string MessageId, ChatMessage? Message) : SessionEvent;

/// <summary>A user's message entered the conversation.</summary>
/// <param name="Message">The message.</param>
public sealed record UserMessageAdded(ChatMessage Message) : SessionEvent;

/// <summary>Claude began to work.</summary>
/// <param name="TurnId">Names the turn within the session: 1, 2, 3 …</param>
/// <param name="MessageId">The message it answers; null when Claude began by itself, such as at the end of a background task.</param>
public sealed record TurnStarted(long TurnId, string? MessageId) : SessionEvent;

/// <summary>A whole text of Claude's answer: the authority over its deltas.</summary>
/// <param name="MessageId">The id its deltas carried.</param>
/// <param name="Text">All of it.</param>
/// <param name="IsPartial">Whether it was cut off by an interrupt or a crash.</param>
/// <param name="ParentToolUseId">The tool call of the subagent that said it; null for the main conversation.</param>
public sealed record AssistantText(string MessageId, string Text, bool IsPartial, string? ParentToolUseId) : SessionEvent;

/// <summary>A whole piece of Claude's thinking.</summary>
/// <inheritdoc cref="AssistantText" path="/param"/>
public sealed record AssistantThinking(string MessageId, string Text, bool IsPartial, string? ParentToolUseId) : SessionEvent;

/// <summary>Claude called a tool.</summary>
/// <param name="ToolUseId">Names the call.</param>
/// <param name="Name">The tool, such as Bash.</param>
/// <param name="Input">Its arguments, a JSON object.</param>
/// <param name="ParentToolUseId">The tool call of the subagent that made it; null for the main conversation.</param>
public sealed record ToolUsed(string ToolUseId, string Name, JsonElement Input, string? ParentToolUseId) : SessionEvent;

/// <summary>A tool call ended.</summary>
/// <param name="ToolUseId">Which call.</param>
/// <param name="Content">What Claude was told, as the API has it: a JSON string or an array of content blocks.</param>
/// <param name="IsError">Whether it failed or was refused.</param>
/// <param name="ParentToolUseId">The tool call of the subagent that made it; null for the main conversation.</param>
public sealed record ToolReturned(string ToolUseId, JsonElement Content, bool IsError, string? ParentToolUseId) : SessionEvent;

/// <summary>A tool call waits for a human's decision.</summary>
/// <param name="Request">What is asked.</param>
public sealed record PermissionRequested(PermissionRequest Request) : SessionEvent;

/// <summary>A permission request was decided or withdrawn.</summary>
/// <param name="RequestId">Which request.</param>
/// <param name="Decision">How.</param>
/// <param name="Reason">Who or what decided: <c>user</c>, <c>rule</c>, <c>mode</c>, <c>expired</c>, <c>interrupted</c>, <c>withdrawn</c>, <c>agent_stopped</c>, or <c>carried_over</c> when a user had answered before the process was lost.</param>
/// <param name="Message">What Claude was told on a denial.</param>
/// <param name="RememberedRules">Rules in Claude Code's own form, such as <c>Bash(touch x)</c>, that hold from now on.</param>
/// <param name="UpdatedInput">The arguments that the user put in place of those asked, a JSON object; null for those asked.</param>
public sealed record PermissionResolved(
    string RequestId,
    PermissionDecision Decision,
    string Reason,
    string? Message,
    IReadOnlyList<string> RememberedRules,
    JsonElement? UpdatedInput = null) : SessionEvent
{
    /// <summary>The tool call, where nobody was asked about it: a rule or the mode decided.</summary>
    public string? ToolUseId { get; init; }

    /// <summary>The rules that decided; null when none did.</summary>
    public IReadOnlyList<string>? Rules { get; init; }

    /// <summary>Whether the remembered rules are the user's, for all sessions, and not this session's.</summary>
    public bool RememberedForUser { get; init; }
}

/// <summary>A user changed the rules that hold for the session.</summary>
/// <param name="Allowed">All rules that allow from now on.</param>
/// <param name="Denied">All rules that deny from now on.</param>
public sealed record PermissionRulesChanged(IReadOnlyList<string> Allowed, IReadOnlyList<string> Denied) : SessionEvent;

/// <summary>
/// A turn waits: the process that worked on it is gone while a human was being asked, a budget is spent, or the workspace is over
/// its limit. Once all is answered, or there is money or room again, it goes on.
/// </summary>
/// <param name="TurnId">Which turn.</param>
/// <param name="Reason">Why the process is gone, as in <see cref="StatusChanged.Reason"/>; or <see cref="BudgetReason"/>, <see cref="QuotaReason"/>.</param>
public sealed record TurnSuspended(long TurnId, string Reason) : SessionEvent
{
    /// <summary>The reason of a turn that waits for a budget, in a process that may well be there.</summary>
    public const string BudgetReason = "budget_paused";

    /// <summary>The reason of a turn that waits for room in the workspace; its process was ended.</summary>
    public const string QuotaReason = "quota_paused";

    /// <summary>Tokens of the turn so far; null when they are not known.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Cost of the turn so far in US dollars; null when it is not known.</summary>
    public decimal? CostUsd { get; init; }
}

/// <summary>A suspended turn goes on.</summary>
/// <param name="TurnId">Which turn.</param>
/// <param name="Instruction">What Claude is told so that it goes on: which calls had waited, and what the user decided.</param>
public sealed record TurnResumed(long TurnId, string Instruction) : SessionEvent;

/// <summary>Claude's work for a message ended, well or not.</summary>
/// <param name="TurnId">Which turn.</param>
/// <param name="StopReason">The API's, such as <c>end_turn</c>; or <c>interrupted</c>, <c>error</c>, <c>agent_stopped</c>.</param>
/// <param name="Usage">Tokens of this turn.</param>
/// <param name="CostUsd">Cost of this turn in US dollars, as Claude Code reckons it.</param>
/// <param name="Duration">From the message to the end.</param>
public sealed record TurnCompleted(long TurnId, string StopReason, TokenUsage Usage, decimal CostUsd, TimeSpan Duration) : SessionEvent;

/// <summary>Something went wrong that the user should know; the session lives unless a status says otherwise.</summary>
/// <param name="Code">A code of docs/protocol.md, such as <c>CLAUDE_002</c>.</param>
/// <param name="Reason">The same in lower snake case.</param>
/// <param name="Message">A sentence for the user.</param>
/// <param name="Retryable">Whether the same message may succeed later.</param>
public sealed record SessionErrorRaised(string Code, string Reason, string Message, bool Retryable) : SessionEvent
{
    /// <summary>The event for an error.</summary>
    public static SessionErrorRaised From(Error error) => new(error.Code, error.Reason, error.Message, error.Retryable);
}

/// <summary>Claude Code said something that this version of Claudy has no name for; kept as it was.</summary>
/// <param name="Type">The CLI's type, with its subtype after a slash.</param>
/// <param name="Raw">The whole line.</param>
public sealed record AgentNotice(string Type, JsonElement Raw) : SessionEvent;

/// <summary>The workspace's files would configure Claude Code; nothing of it has an effect before the owner approves it.</summary>
/// <param name="Configuration">What is to be reviewed.</param>
public sealed record ConfigurationReviewRequested(WorkspaceConfiguration Configuration) : SessionEvent;

/// <summary>A configuration was reviewed, or is there no longer.</summary>
/// <param name="Digest">Which.</param>
/// <param name="Decision">What holds from now on.</param>
public sealed record ConfigurationReviewed(string Digest, ConfigurationDecision Decision) : SessionEvent;

/// <summary>Claude Code has a transcript of its own under this id, so that the next start resumes it.</summary>
/// <param name="AgentSessionId">The id to resume; Claude Code changes it at <c>/clear</c>. Null when its transcript is gone.</param>
/// <param name="Rebuilt">What Claude remembers, when its memory was made anew from the session's own history; else null.</param>
public sealed record AgentSessionChanged(Guid? AgentSessionId, RebuiltMemory? Rebuilt = null) : SessionEvent;

/// <summary>A memory that was made from the session's own history.</summary>
/// <param name="TurnCount">How many turns it holds.</param>
/// <param name="IsShortened">Whether older parts did not fit and were left out.</param>
public sealed record RebuiltMemory(int TurnCount, bool IsShortened);

/// <summary>
/// The conversation went back to before a turn: Claude no longer remembers it and what came after it. The history keeps it all,
/// and turns are numbered on from the last one.
/// </summary>
/// <param name="TurnId">The first turn that was taken back.</param>
/// <param name="FromSeq">The first event that was taken back; this event is the last.</param>
/// <param name="FilesRestored">Whether the files that Claude changed since are as they were before that turn: its own tools, and commands as far as checkpoints of the workspace were kept.</param>
/// <param name="ChangedFiles">Which files that changed, relative to the workspace where they are in it; null when none were restored.</param>
/// <param name="FilesReason">Why no files were restored, or which could not be; null when all were.</param>
public sealed record ConversationRewound(
    long TurnId, long FromSeq, bool FilesRestored, IReadOnlyList<string>? ChangedFiles, string? FilesReason) : SessionEvent;

/// <summary>A hard budget is spent: nothing more is asked of the API, and what waits goes on waiting.</summary>
/// <param name="Reached">Which budget.</param>
public sealed record BudgetPaused(BudgetReached Reached) : SessionEvent;

/// <summary>There is money again; what waited goes on.</summary>
/// <param name="Scope">Whose budget it was that had been spent.</param>
public sealed record BudgetResumed(BudgetScope Scope) : SessionEvent;

/// <summary>A soft budget is spent, by a request of this session; all goes on.</summary>
/// <param name="Reached">Which budget.</param>
public sealed record BudgetWarned(BudgetReached Reached) : SessionEvent;

/// <summary>The workspace holds more than it may: its processes were ended, and no turn begins before there is room.</summary>
/// <param name="Usage">What it holds, and may hold.</param>
public sealed record QuotaPaused(WorkspaceUsage Usage) : SessionEvent;

/// <summary>There is room in the workspace again; what waited goes on.</summary>
/// <param name="Usage">What it holds, and may hold.</param>
public sealed record QuotaResumed(WorkspaceUsage Usage) : SessionEvent;

/// <summary>Files of the workspace changed, whoever changed them.</summary>
/// <param name="Files">Which, each once.</param>
/// <param name="IsTruncated">Whether more changed than are listed.</param>
public sealed record FilesChanged(IReadOnlyList<ChangedFile> Files, bool IsTruncated) : SessionEvent;
