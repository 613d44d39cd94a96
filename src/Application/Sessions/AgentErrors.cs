using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>How Claude and its API can fail.</summary>
public static class AgentErrors
{
    /// <summary>The reason of a failed start that had nothing to resume, or nothing that could be.</summary>
    public const string TranscriptMissingReason = "agent_transcript_missing";

    /// <summary>The reason of a failed start whose memory could not be rebuilt.</summary>
    public const string RebuildFailedReason = "agent_rebuild_failed";

    /// <summary>Whether an account has nothing left to pay with, going by what the API or Claude Code says.</summary>
    public static bool IsAboutCredit(string? message) =>
        message is not null && message.Contains("credit balance", StringComparison.OrdinalIgnoreCase);

    /// <summary>The API does not take the credential.</summary>
    public static Error CredentialRefused(string? why) =>
        new(ResultStatus.Unauthorized, "CLAUDE_001", "credential_refused", $"The API refused the credential. {why}".TrimEnd());

    /// <summary>The API failed, after Claude Code's own retries.</summary>
    public static Error ApiFailed(string? why, bool retryable) =>
        new(ResultStatus.Unavailable, "CLAUDE_002", "api_failure", $"The API failed. {why}".TrimEnd()) { Retryable = retryable };

    /// <summary>There is no credential to ask the API with.</summary>
    public static Error CredentialMissing(bool wasLost) =>
        new(ResultStatus.Unauthorized, "CLAUDE_003", "credential_missing", wasLost
            ? "This session uses a key of its own, which is held in memory only unless you have it remembered: the server restarted since you gave it, or the session is a fork, which gets no copy. Give it with update_token."
            : "No Anthropic key: give one as claude_token when you create the session or for all your sessions, or ask the operator to set one for the server.");

    /// <summary>What a user gave for all sessions was held in memory only.</summary>
    public static Error CredentialLost() =>
        new(ResultStatus.Unauthorized, "CLAUDE_003", "credential_missing", "The key that you gave for all your sessions was held in memory only, and the server restarted since. Give it again, or forget it to use the server's.");

    /// <summary>The API knows the credential and does not let it in.</summary>
    public static Error CredentialForbidden(string? why) =>
        new(ResultStatus.Forbidden, "CLAUDE_006", "credential_forbidden", $"The API knows the credential and does not let it do this. {why}".TrimEnd());

    /// <summary>The credential's account has nothing left to pay with.</summary>
    public static Error NoCredit(string? why) =>
        new(ResultStatus.Forbidden, "CLAUDE_007", "no_credit", $"The credential's account cannot pay for requests. {why}".TrimEnd());

    /// <summary>A stored credential that does not open.</summary>
    public static Error CredentialUnreadable(string keyId) =>
        new Error(ResultStatus.Unauthorized, "CLAUDE_008", "credential_unreadable", $"The key that is stored for this cannot be opened with the server's encryption keys (it needs {keyId}). Give it again, or ask the operator to put that encryption key back.")
            .With("encryption_key", keyId);

    /// <summary>Claude Code ended the turn with an error of its own.</summary>
    public static Error TurnFailed(string? why) =>
        new(ResultStatus.Error, "CLAUDE_004", "turn_failed", $"Claude Code could not finish this turn. {why}".TrimEnd()) { Retryable = true };

    /// <summary>Claude Code lost its own transcript and it could not be made anew, so that Claude does not remember what was said.</summary>
    public static Error ContextLost() =>
        new(ResultStatus.Unavailable, "CLAUDE_005", "context_lost", "Claude Code's own memory of this conversation is gone and could not be rebuilt; it begins anew. The history here is whole.");
}
