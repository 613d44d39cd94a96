using System.Text.Json;
using Claudy.Domain.Sessions;

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
    public sealed record AnswerPermission(string RequestId, PermissionDecision Decision, bool Remember, JsonElement? UpdatedInput, string? Message) : SessionCommand;

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

    /// <summary>Renames it.</summary>
    public sealed record Rename(string Name) : SessionCommand;

    /// <summary>The session has a key of its own from now on, and never falls back to the server's.</summary>
    public sealed record UseOwnKey : SessionCommand;

    /// <summary>Changes the model; null for the default.</summary>
    public sealed record SetModel(string? Model) : SessionCommand;

    /// <summary>Takes the conversation back to before a turn, and the files with it.</summary>
    /// <param name="TurnId">The first turn to take back.</param>
    /// <param name="FromSeq">The first event of that turn.</param>
    /// <param name="MessageId">The message that the turn answers; null when Claude began by itself.</param>
    public sealed record TakeBack(long TurnId, long FromSeq, string? MessageId) : SessionCommand;

    /// <summary>Changes the permission mode.</summary>
    public sealed record SetPermissionMode(PermissionMode Mode) : SessionCommand;
}

/// <summary>What a session answers to a command that it took.</summary>
public abstract record SessionReply
{
    /// <summary>It is done; the session's status and last event since then.</summary>
    public sealed record Done(SessionStatus Status, long LastSeq) : SessionReply;

    /// <summary>A message was accepted.</summary>
    public sealed record Accepted(string MessageId, int Position) : SessionReply;

    /// <summary>Where the session stands.</summary>
    /// <param name="State">All that it is.</param>
    /// <param name="LastSeq">Its last event.</param>
    /// <param name="InFlight">Texts that are being written; what is published after this reply goes on from there.</param>
    public sealed record Attached(SessionState State, long LastSeq, IReadOnlyList<InFlightText> InFlight) : SessionReply;
}

/// <summary>A text that is being written.</summary>
/// <param name="MessageId">The id its deltas carry.</param>
/// <param name="Text">All of it so far.</param>
/// <param name="NextChunkIndex">The index of the next delta.</param>
/// <param name="IsThinking">Whether it is thinking rather than answer.</param>
public sealed record InFlightText(string MessageId, string Text, int NextChunkIndex, bool IsThinking);
