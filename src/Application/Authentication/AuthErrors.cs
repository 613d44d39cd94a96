using Claudy.Domain.Shared;

namespace Claudy.Application.Authentication;

/// <summary>How signing in, and being signed in, can fail.</summary>
public static class AuthErrors
{
    /// <summary>A sign-in code that was never given out, was used before or ran out; which of them is not told.</summary>
    public static Error CodeInvalid() =>
        new(ResultStatus.Unauthorized, "AUTH_001", "authorization_code_invalid", "That sign-in code does not hold: it is used up, older than ten minutes, or mistyped. Get a new one.");

    /// <summary>A token of this server whose time is over.</summary>
    public static Error TokenExpired() =>
        new(ResultStatus.Unauthorized, "AUTH_002", "token_expired", "The access token ran out. Get a new one.");

    /// <summary>No token of this server.</summary>
    public static Error TokenInvalid() =>
        new(ResultStatus.Unauthorized, "AUTH_003", "token_invalid", "That is not an access token of this server. Sign in again.");

    /// <summary>No token at all.</summary>
    public static Error NotSignedIn() =>
        new(ResultStatus.Unauthorized, "AUTH_004", "not_signed_in", "Sign in first: this needs an access token.");
}
