using Claudy.Domain.Shared;

namespace Claudy.Domain.Workspaces;

/// <summary>How beginning with a repository can fail. Then no session is made, and nothing of the repository is kept.</summary>
public static class RepositoryErrors
{
    /// <summary>An address or a ref that cannot be used.</summary>
    public static Error Invalid(string why) =>
        new(ResultStatus.Invalid, "REPO_001", "repository_invalid", $"That repository cannot be used: {why}.");

    /// <summary>The session has no network.</summary>
    public static Error NeedsNetwork(RepositorySource source) =>
        Of(ResultStatus.Forbidden, "REPO_002", "repository_needs_network", source, $"The session would have no network to get the repository with. Create it with a network that allows {Host(source)}; it can be taken away later.");

    /// <summary>The session may not reach the host, or one that it is sent on to.</summary>
    public static Error HostNotAllowed(RepositorySource source, string host, string why) =>
        Of(ResultStatus.Forbidden, "REPO_003", "repository_host_not_allowed", source, $"The session may not reach {host}: {why}").With("host", host);

    /// <summary>There is none, or not for who asks.</summary>
    public static Error NotFound(RepositorySource source, bool hadToken) =>
        Of(ResultStatus.NotFound, "REPO_004", "repository_not_found", source, hadToken
            ? $"{source.Url} is no repository that this token may read: it is not there, or the token is wrong, ran out or lacks the right to read it."
            : $"{source.Url} is no public repository: it is not there, or it needs a token. Give one that may read it as repository.token.");

    /// <summary>The repository has no such branch, tag or commit.</summary>
    public static Error RefNotFound(RepositorySource source) =>
        Of(ResultStatus.NotFound, "REPO_005", "ref_not_found", source, source.Ref is { } reference
            ? $"{source.Url} has no branch, tag or commit {reference}."
            : $"{source.Url} is empty: it has nothing to begin with.");

    /// <summary>More than a workspace may hold.</summary>
    public static Error TooLarge(RepositorySource source, long limit) =>
        Of(ResultStatus.LimitExceeded, "REPO_006", "repository_too_large", source, $"{source.Url} is larger than the {limit / (1024.0 * 1024.0):0.#} MB that a workspace may hold, although only its newest commit was asked for.")
            .With("limit", limit);

    /// <summary>It took too long.</summary>
    public static Error TimedOut(RepositorySource source, TimeSpan limit) =>
        Of(ResultStatus.Unavailable, "REPO_007", "clone_timed_out", source, $"{source.Url} could not be fetched within {limit}.") with { Retryable = true };

    /// <summary>This machine has no git that sessions can use.</summary>
    public static Error GitMissing() =>
        new(ResultStatus.Unavailable, "REPO_008", "git_missing", "git is not installed on this server, so that sessions cannot begin with a repository. The operator can install it.");

    /// <summary>The host does not answer, or not as what it claims to be.</summary>
    public static Error Unreachable(RepositorySource source, string why) =>
        Of(ResultStatus.Unavailable, "REPO_009", "repository_unreachable", source, $"{Host(source)} cannot be reached: {why}") with { Retryable = true };

    /// <summary>Git failed in another way.</summary>
    public static Error Failed(RepositorySource source, string why) =>
        Of(ResultStatus.Unavailable, "REPO_010", "clone_failed", source, $"{source.Url} could not be fetched: {why}");

    private static string Host(RepositorySource source) => source.Port == 443 ? source.Host.Value : $"{source.Host}:{source.Port}";

    private static Error Of(ResultStatus status, string code, string reason, RepositorySource source, string message) =>
        new Error(status, code, reason, message).With("url", source.Url);
}
