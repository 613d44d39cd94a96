using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>How Claude and its API can fail.</summary>
public static class AgentErrors
{
    /// <summary>The reason of a failed start that had nothing to resume, or nothing that could be.</summary>
    public const string TranscriptMissingReason = "agent_transcript_missing";

    /// <summary>The reason of a failed start whose memory could not be rebuilt.</summary>
    public const string RebuildFailedReason = "agent_rebuild_failed";

    /// <summary>The API does not take the credential.</summary>
    public static Error CredentialRefused(string? why) =>
        new(ResultStatus.Unauthorized, "CLAUDE_001", "credential_refused", $"The API refused the credential. {why}".TrimEnd());

    /// <summary>The API failed, after Claude Code's own retries.</summary>
    public static Error ApiFailed(string? why, bool retryable) =>
        new(ResultStatus.Unavailable, "CLAUDE_002", "api_failure", $"The API failed. {why}".TrimEnd()) { Retryable = retryable };

    /// <summary>There is no credential to ask the API with.</summary>
    public static Error CredentialMissing(bool wasLost) =>
        new(ResultStatus.Unauthorized, "CLAUDE_003", "credential_missing", wasLost
            ? "This session uses a key of its own, which is held in memory only: the server restarted since you gave it, or the session is a fork, which gets no copy. Give it with update_token."
            : "No Anthropic key: give one as claude_token when you create the session, or ask the operator to set one for the server.");

    /// <summary>Claude Code ended the turn with an error of its own.</summary>
    public static Error TurnFailed(string? why) =>
        new(ResultStatus.Error, "CLAUDE_004", "turn_failed", $"Claude Code could not finish this turn. {why}".TrimEnd()) { Retryable = true };

    /// <summary>Claude Code lost its own transcript and it could not be made anew, so that Claude does not remember what was said.</summary>
    public static Error ContextLost() =>
        new(ResultStatus.Unavailable, "CLAUDE_005", "context_lost", "Claude Code's own memory of this conversation is gone and could not be rebuilt; it begins anew. The history here is whole.");
}
