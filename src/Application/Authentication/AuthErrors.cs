using Claudy.Domain.Shared;

namespace Claudy.Application.Authentication;

/// <summary>How signing in, and being signed in, can fail.</summary>
public static class AuthErrors
{
    /// <summary>A sign-in code that was never given out, was used before or ran out; which of them is not told.</summary>
    public static Error CodeInvalid() =>
        new(ResultStatus.Unauthorized, "AUTH_001", "authorization_code_invalid", "That sign-in code does not hold: it is used up, older than ten minutes, or mistyped. On the server's machine, claudy signin prints a new link.");

    /// <summary>A token of this server whose time is over.</summary>
    public static Error TokenExpired() =>
        new(ResultStatus.Unauthorized, "AUTH_002", "token_expired", "The access token ran out. Get a new one.");

    /// <summary>No token of this server.</summary>
    public static Error TokenInvalid() =>
        new(ResultStatus.Unauthorized, "AUTH_003", "token_invalid", "That is not an access token of this server. Sign in again.");

    /// <summary>No token at all.</summary>
    public static Error NotSignedIn() =>
        new(ResultStatus.Unauthorized, "AUTH_004", "not_signed_in", "Sign in first: this needs an access token.");

    /// <summary>A token whose sign-in was ended, or a personal access token whose owner is gone.</summary>
    public static Error TokenRevoked() =>
        new(ResultStatus.Unauthorized, "AUTH_006", "token_revoked", "That sign-in was ended. Sign in again.");

    /// <summary>A refresh token that gives nothing: unknown, run out, used before, or of a sign-in that was ended; which of them is not told.</summary>
    public static Error RefreshTokenInvalid() =>
        new(ResultStatus.Unauthorized, "AUTH_007", "refresh_token_invalid", "That refresh token does not hold. Sign in again.");

    /// <summary>A refresh token that another request has just used.</summary>
    public static Error RefreshTokenJustUsed() =>
        (RefreshTokenInvalid() with { Message = "That refresh token was used a moment ago. Use what that request was answered; if the answer is lost, sign in again." })
            .With("just_used", value: true);

    /// <summary>A personal access token where a person is needed.</summary>
    public static Error SignInNeeded() =>
        new(ResultStatus.Forbidden, "AUTH_008", "sign_in_needed", "A personal access token may not do this. Sign in, and use the access token of that.");

    /// <summary>No such personal access token, or another user's.</summary>
    public static Error PersonalTokenNotFound() =>
        new(ResultStatus.NotFound, "AUTH_015", "personal_token_not_found", "There is no such personal access token.");

    /// <summary>As many personal access tokens as a user may have.</summary>
    public static Error TooManyPersonalTokens(int limit) =>
        new Error(ResultStatus.LimitExceeded, "AUTH_016", "too_many_personal_tokens", $"There are {limit} personal access tokens, which is the limit. Revoke one first.")
            .With("limit", limit);

    /// <summary>Nobody of that name ever signed in.</summary>
    public static Error UserNotFound(string username) =>
        new(ResultStatus.NotFound, "AUTH_018", "user_not_found", $"Nobody called {username} ever signed in here.");

    /// <summary>Signing keys that the operator keeps, and the server cannot replace.</summary>
    public static Error KeysAreGiven(bool atOnce) => new(
        ResultStatus.Conflict,
        "AUTH_017",
        "signing_keys_given",
        atOnce
            ? "The signing key is a file that you gave in Claudy:Auth:PrivateKeyPath. Put another in its place, keep nothing of the old one in the file of Claudy:Auth:PublicKeyPath, and restart the server: a running one takes what the old key signed for 20 minutes more."
            : "The signing key is a file that you gave in Claudy:Auth:PrivateKeyPath. Put another in its place, and the old one's public half into the file of Claudy:Auth:PublicKeyPath; docs/operations.md says how.");
}
