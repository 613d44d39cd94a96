using Claudy.Domain.Shared;

namespace Claudy.WebApi.Edge;

/// <summary>Refusals at the edge, before any use case.</summary>
internal static class EdgeErrors
{
    /// <summary>The detail that tells when to come again, in whole seconds; over HTTP also the <c>Retry-After</c> header.</summary>
    public const string RetryAfter = "retry_after";

    /// <summary>A cookie alone on a request that changes something: any page could have sent it.</summary>
    public static Error CrossSite() =>
        new(ResultStatus.Forbidden, "AUTH_013", "cross_site_request", $"With the cookie alone a page of this server's own must send the header {SessionCookie.ProofHeader}. Programs send an access token instead.");

    /// <summary>Local sign-in from elsewhere, or through a proxy.</summary>
    public static Error NotLocal() =>
        new(ResultStatus.Forbidden, "AUTH_014", "sign_in_is_local", "This server signs its user in from its own machine only. The operator can allow more with Claudy:Auth:AllowRemoteLocalMode.");

    /// <summary>An address or a user asks too often.</summary>
    public static Error TooManyRequests(TimeSpan wait) =>
        new Error(ResultStatus.LimitExceeded, "RATE_003", "too_many_requests", $"Too many requests in a short time. Try again in {Seconds(wait)} s.") { Retryable = true }
            .With(RetryAfter, Seconds(wait));

    /// <summary>Too many wrong credentials came from an address.</summary>
    public static Error TooManyAttempts(TimeSpan wait) =>
        new Error(ResultStatus.LimitExceeded, "RATE_004", "too_many_attempts", $"Too many attempts from your address failed. Try again in {Seconds(wait)} s.") { Retryable = true }
            .With(RetryAfter, Seconds(wait));

    /// <summary>Too many WebSockets of an address have yet to sign in.</summary>
    public static Error TooManyUnauthenticated(int limit, TimeSpan wait) =>
        new Error(ResultStatus.LimitExceeded, "RATE_005", "too_many_unauthenticated", $"Your address has {limit} connections that have not signed in, which is the limit. Sign in with them, or close them.") { Retryable = true }
            .With("limit", limit)
            .With(RetryAfter, Seconds(wait));

    /// <summary>A user is sending too many files at once.</summary>
    public static Error TooManyTransfers(int limit) =>
        new Error(ResultStatus.LimitExceeded, "RATE_007", "too_many_transfers", $"You are sending {limit} files already, which is the limit. Wait for one of them.") { Retryable = true }
            .With("limit", limit);

    // Rounded up: who comes a moment early would be refused again.
    private static long Seconds(TimeSpan wait) => Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
}
