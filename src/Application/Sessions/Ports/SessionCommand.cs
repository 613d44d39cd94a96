using System.Text.Json;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Usage;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Something asked of a session; travels to the node that runs it.</summary>
public abstract record SessionCommand
{
    /// <summary>Tells where the session stands, and warms it up. Answered by <see cref="SessionReply.Attached"/>.</summary>
    public sealed record Attach : SessionCommand;

    /// <summary>A message for Claude. Answered by <see cref="SessionReply.Accepted"/>.</summary>
    /// <param name="Message">The message.</param>
    /// <param name="IsUrgent">Whether it goes before all that wait, and the turn that is under way is interrupted for it.</param>
    public sealed record Send(ChatMessage Message, bool IsUrgent = false) : SessionCommand;

    /// <summary>Puts a queued message first and interrupts the turn that is under way.</summary>
    public sealed record SendNow(string MessageId) : SessionCommand;

    /// <summary>Changes the text of a queued message.</summary>
    public sealed record EditMessage(string MessageId, string Text) : SessionCommand;

    /// <summary>Takes a queued message back.</summary>
    public sealed record CancelMessage(string MessageId) : SessionCommand;

    /// <summary>Answers a permission request.</summary>
    /// <param name="RequestId">Which.</param>
    /// <param name="Decision">Allow or deny.</param>
    /// <param name="Remember">Whether the suggested rules hold from now on.</param>
    /// <param name="UpdatedInput">Changed arguments, a JSON object; null for those asked.</param>
    /// <param name="Message">What Claude is told on a denial.</param>
    public sealed record AnswerPermission(string RequestId, PermissionDecision Decision, bool Remember, JsonElement? UpdatedInput, string? Message) : SessionCommand
    {
        /// <summary>Whether they hold for all sessions of the user, and not for this one only.</summary>
        public bool ForUser { get; init; }

        /// <summary>Rules to remember instead of the suggested ones.</summary>
        public IReadOnlyList<string>? Rules { get; init; }
    }

    /// <summary>Tells the session's rules. Answered by <see cref="SessionReply.Rules"/>.</summary>
    public sealed record ReadRules : SessionCommand;

    /// <summary>Changes the session's rules. Answered by <see cref="SessionReply.Rules"/>, or <c>SESSION_017</c>.</summary>
    /// <param name="Removed">The rule that is taken away; null for none.</param>
    /// <param name="Added">The rule that is added, or gets another effect; null for none.</param>
    /// <param name="Effect">What the added rule does.</param>
    public sealed record EditRule(string? Removed, string? Added, PermissionEffect Effect) : SessionCommand;

    /// <summary>The user's rules changed.</summary>
    public sealed record RefreshRules : SessionCommand;

    /// <summary>Stops the current turn.</summary>
    public sealed record Interrupt : SessionCommand;

    /// <summary>Ends the process, keeps the session.</summary>
    public sealed record Hibernate : SessionCommand;

    /// <summary>Starts the process if there is none; waits in line for it when the node has no place.</summary>
    public sealed record Resume : SessionCommand;

    /// <summary>Ends the process, if there is one, and starts another; also after the session failed.</summary>
    public sealed record Restart : SessionCommand;

    /// <summary>Ends the session for good.</summary>
    public sealed record Terminate : SessionCommand;

    /// <summary>Ends the session for good when it is asleep and nobody used it since a moment; else does nothing.</summary>
    /// <param name="UnusedSince">Its last event must be older than this.</param>
    public sealed record Expire(DateTimeOffset UnusedSince) : SessionCommand;

    /// <summary>Ends its process and removes all that is kept of a session that the store has marked as being deleted.</summary>
    public sealed record Delete : SessionCommand;

    /// <summary>Renames it.</summary>
    public sealed record Rename(string Name) : SessionCommand;

    /// <summary>The session has a key of its own from now on, and never falls back to the server's.</summary>
    public sealed record UseOwnKey : SessionCommand;

    /// <summary>The session has no key of its own any more, and uses its owner's or the server's.</summary>
    public sealed record DropOwnKey : SessionCommand;

    /// <summary>Changes the model; null for the default.</summary>
    public sealed record SetModel(string? Model) : SessionCommand;

    /// <summary>Takes the conversation back to before a turn, and the files with it.</summary>
    /// <param name="TurnId">The first turn to take back.</param>
    /// <param name="FromSeq">The first event of that turn.</param>
    /// <param name="MessageId">The message that the turn answers; null when Claude began by itself.</param>
    public sealed record TakeBack(long TurnId, long FromSeq, string? MessageId) : SessionCommand;

    /// <summary>Changes the permission mode.</summary>
    public sealed record SetPermissionMode(PermissionMode Mode) : SessionCommand;

    /// <summary>Changes what of the network it may reach.</summary>
    public sealed record SetNetwork(NetworkPolicy Network) : SessionCommand;

    /// <summary>Changes how much the session may spend; null for the server's default.</summary>
    public sealed record SetBudget(Budget? Budget) : SessionCommand;

    /// <summary>Changes for how many tokens Claude may think: 0 for none, null for the default.</summary>
    public sealed record SetThinkingBudget(int? MaxTokens) : SessionCommand;

    /// <summary>The session's MCP servers, held in the vault, are others from now on; these are their names.</summary>
    public sealed record UseMcpServers(IReadOnlyList<string> Names) : SessionCommand;

    /// <summary>Looks whether the workspace's own configuration changed.</summary>
    public sealed record LookAtConfiguration : SessionCommand;

    /// <summary>Decides about the workspace's own configuration.</summary>
    public sealed record ReviewConfiguration(string Digest, ConfigurationDecision Decision) : SessionCommand;

    /// <summary>Files of its workspace changed.</summary>
    /// <param name="Files">Which.</param>
    /// <param name="IsTruncated">Whether more changed than are listed.</param>
    public sealed record NoteFiles(IReadOnlyList<ChangedFile> Files, bool IsTruncated) : SessionCommand;

    /// <summary>Its workspace holds more than it may.</summary>
    public sealed record ExceedQuota(WorkspaceUsage Usage) : SessionCommand;

    /// <summary>Something that only the running agent can answer; <c>SESSION_021</c> without one.</summary>
    public abstract record AgentQuery : SessionCommand;

    /// <summary>What fills the context. Answered by <see cref="SessionReply.Context"/>.</summary>
    public sealed record GetContextUsage : AgentQuery;

    /// <summary>What a message may begin with. Answered by <see cref="SessionReply.Commands"/>.</summary>
    public sealed record ListSlashCommands : AgentQuery;

    /// <summary>How the MCP servers are. Answered by <see cref="SessionReply.McpServers"/>.</summary>
    public sealed record GetMcpStatus : AgentQuery;

    /// <summary>Connects an MCP server anew, and tells how all are then.</summary>
    public sealed record ReconnectMcpServer(string Name) : AgentQuery;

    /// <summary>Turns an MCP server on or off, and tells how all are then.</summary>
    public sealed record ToggleMcpServer(string Name, bool IsEnabled) : AgentQuery;
}

/// <summary>What a session answers to a command that it took.</summary>
public abstract record SessionReply
{
    /// <summary>It is done; the session's status and last event since then.</summary>
    public sealed record Done(SessionStatus Status, long LastSeq) : SessionReply;

    /// <summary>The session's rules.</summary>
    /// <param name="Own">Those that can be changed.</param>
    /// <param name="Given">Those that it was created with.</param>
    public sealed record Rules(PermissionRules Own, PermissionRules Given) : SessionReply;

    /// <summary>A message was accepted.</summary>
    public sealed record Accepted(string MessageId, int Position) : SessionReply;

    /// <summary>Where the session stands.</summary>
    /// <param name="State">All that it is.</param>
    /// <param name="LastSeq">Its last event.</param>
    /// <param name="InFlight">Texts that are being written; what is published after this reply goes on from there.</param>
    public sealed record Attached(SessionState State, long LastSeq, IReadOnlyList<InFlightText> InFlight) : SessionReply;

    /// <summary>What fills the context.</summary>
    public sealed record Context(ContextUsage Usage) : SessionReply;

    /// <summary>What a message may begin with.</summary>
    public sealed record Commands(IReadOnlyList<SlashCommand> Slash) : SessionReply;

    /// <summary>How the MCP servers are.</summary>
    public sealed record McpServers(IReadOnlyList<McpServerStatus> Servers) : SessionReply;
}

/// <summary>A text that is being written.</summary>
/// <param name="MessageId">The id its deltas carry.</param>
/// <param name="Text">All of it so far.</param>
/// <param name="NextChunkIndex">The index of the next delta.</param>
/// <param name="IsThinking">Whether it is thinking rather than answer.</param>
public sealed record InFlightText(string MessageId, string Text, int NextChunkIndex, bool IsThinking);
