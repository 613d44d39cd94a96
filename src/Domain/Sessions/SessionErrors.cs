using Claudy.Domain.Shared;

namespace Claudy.Domain.Sessions;

/// <summary>How work on a session can fail.</summary>
public static class SessionErrors
{
    /// <summary>Claude Code did not start.</summary>
    public static Error AgentFailedToStart(string why) =>
        new(ResultStatus.Unavailable, "SESSION_001", "agent_failed_to_start", $"Claude Code did not start: {why}") { Retryable = true };

    /// <summary>No such session, or another user's.</summary>
    public static Error NotFound() =>
        new(ResultStatus.NotFound, "SESSION_002", "session_not_found", "There is no such session.");

    /// <summary>Claude Code ended while it was needed.</summary>
    public static Error AgentExited(string why) =>
        new(ResultStatus.Unavailable, "SESSION_003", "agent_exited", $"Claude Code ended unexpectedly: {why} The history is kept; the next message starts it again.") { Retryable = true };

    /// <summary>The session is over.</summary>
    public static Error Terminated() =>
        new(ResultStatus.Conflict, "SESSION_004", "session_terminated", "The session was terminated; its history can be read, but it takes no more messages.");

    /// <summary>An <c>after_seq</c> or <c>before_seq</c> outside of what there is.</summary>
    public static Error SequenceOutOfRange(long asked, long last) =>
        new Error(ResultStatus.Invalid, "SESSION_005", "sequence_out_of_range", $"The session's last event is {last}; {asked} is not a place in it. Attach without after_seq to begin anew.")
            .With("after_seq", asked).With("last_seq", last);

    /// <summary>No such pending permission request.</summary>
    public static Error PermissionNotPending(string requestId) =>
        new Error(ResultStatus.Conflict, "SESSION_006", "permission_not_pending", "That permission request is not waiting: it was answered, withdrawn or expired.")
            .With("request_id", requestId);

    /// <summary>No such queued message.</summary>
    public static Error MessageNotQueued(string messageId) =>
        new Error(ResultStatus.Conflict, "SESSION_007", "message_not_queued", "That message is not in the queue: its turn began, or it was cancelled.")
            .With("message_id", messageId);

    /// <summary>A client id was used for two different messages.</summary>
    public static Error MessageIdReused(string clientId) =>
        new Error(ResultStatus.Conflict, "SESSION_008", "message_id_reused", "Another message was sent to this session with that id within 24 hours. Give each message an id of its own.")
            .With("id", clientId);

    /// <summary>The queue is full.</summary>
    public static Error QueueFull(int limit, long byteLimit) =>
        new Error(ResultStatus.LimitExceeded, "SESSION_009", "queue_full", $"Too much waits in this session: the limit is {limit} messages and {byteLimit / (1024 * 1024)} MB. Wait for a turn to end, or cancel one.") { Retryable = true }
            .With("limit", limit).With("byte_limit", byteLimit);

    /// <summary>Nothing is attached and nothing was named.</summary>
    public static Error NoSession() =>
        new(ResultStatus.Invalid, "SESSION_010", "no_session", "Which session? Give a session_id, or create or attach to one first.");

    /// <summary>The user has as many sessions as allowed.</summary>
    public static Error TooManySessions(int limit) =>
        new Error(ResultStatus.LimitExceeded, "SESSION_011", "too_many_sessions", $"You have {limit} sessions, which is the limit. Terminate one first.")
            .With("limit", limit);

    /// <summary>A mode that needs a sandbox, without one.</summary>
    public static Error ModeNeedsSandbox() =>
        new(ResultStatus.Forbidden, "SESSION_012", "mode_needs_sandbox", "bypassPermissions is only allowed where sessions run in a sandbox, and only when a session is created with it.");

    /// <summary>Claude Code refused or did not answer a control request.</summary>
    public static Error ControlFailed(string why) =>
        new(ResultStatus.Unavailable, "SESSION_013", "control_failed", $"Claude Code did not take that: {why}") { Retryable = true };

    /// <summary>A review that answers something else than what the workspace has.</summary>
    public static Error ConfigurationNotPending(string digest) =>
        new Error(ResultStatus.Conflict, "SESSION_020", "configuration_not_pending", "That is not the configuration that the workspace has: it changed or is gone. Look at the newest configuration_review.")
            .With("digest", digest);

    /// <summary>Only a running process can answer that.</summary>
    public static Error AgentNotRunning() =>
        new(ResultStatus.Unavailable, "SESSION_021", "agent_not_running", "Only a running Claude Code can tell that. Attach to the session, wait until it is idle, and ask again.") { Retryable = true };

    /// <summary>The session moved to another node, or this node lost its lease.</summary>
    public static Error Moved() =>
        new(ResultStatus.Unavailable, "SESSION_014", "session_moved", "The session is moving to another place; try again.") { Retryable = true };

    /// <summary>No such permission rule.</summary>
    public static Error RuleNotFound(string rule) =>
        new Error(ResultStatus.NotFound, "SESSION_017", "rule_not_found", "There is no such rule to change: it was revoked, or is another scope's.")
            .With("rule", rule);

    /// <summary>The session's processes used more than they may, and were ended.</summary>
    public static Error ResourceLimitExceeded(ExceededLimit exceeded)
    {
        var (used, advice) = exceeded.Resource switch
        {
            LimitedResource.Memory => ($"more memory than its limit of {Size(exceeded.Value)}", "Ask for steps that need less at a time, or ask the operator to raise Claudy:Sandbox:MaxMemoryBytes."),
            LimitedResource.Processes => ($"more processes than its limit of {exceeded.Value}", "Ask for fewer things at a time, or ask the operator to raise Claudy:Sandbox:MaxProcesses."),
            _ => ($"more of the disk than its limit of {Size(exceeded.Value)}", "Have what is not needed deleted, such as build output, or ask the operator to raise Claudy:Sandbox:MaxDiskBytes."),
        };
        return new Error(
                ResultStatus.LimitExceeded,
                "SESSION_015",
                "resource_limit_exceeded",
                $"The session used {used}, so its processes were ended. History and files are kept; the next message starts it again. {advice}")
            .With("limit", exceeded.StatusReason).With("value", exceeded.Value);
    }

    private static string Size(long bytes) => bytes >= 1L << 30 ? $"{bytes / (double)(1L << 30):0.##} GiB" : $"{bytes / (double)(1L << 20):0.##} MiB";

    /// <summary>More of the network than the server gives to sessions, or can.</summary>
    public static Error NetworkNotAllowed(string why) =>
        new(ResultStatus.Forbidden, "SESSION_016", "network_not_allowed", $"This session cannot have that network: {why}");

    /// <summary>No such place to fork from or to go back to.</summary>
    public static Error NotATurn(string what) =>
        new(ResultStatus.Invalid, "SESSION_018", "not_a_turn", $"There is no such place in the conversation: {what}");

    /// <summary>Claude works or has work waiting, and the conversation must rest for this.</summary>
    public static Error Busy() =>
        new(ResultStatus.Conflict, "SESSION_019", "session_busy", "The session is busy. Wait for the turn to end or interrupt it, cancel what waits, and try again.") { Retryable = true };

    /// <summary>More than the user's own budget, which is the operator's to change.</summary>
    public static Error BudgetNotAllowed(decimal limit) =>
        new Error(ResultStatus.Forbidden, "SESSION_022", "budget_not_allowed", $"A session's budget cannot be more than yours, which is {limit:0.######} US dollars. Give less, or ask the operator to raise yours.")
            .With("limit_usd", (double)limit);

    /// <summary>A model that this server does not offer.</summary>
    public static Error ModelNotAllowed(string model) =>
        new Error(ResultStatus.Forbidden, "SESSION_023", "model_not_allowed", $"This server does not offer the model {model}. Choose another, or ask the operator to add it to Claudy:Broker:AllowedModels.")
            .With("model", model);
}
