using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Users;

namespace Claudy.Application.Authentication.Ports;

/// <summary>
/// Sign-ins and their refresh tokens. Of a sign-in's tokens one is new and the others are used; a token has one successor,
/// ever. Tokens are known by their hashes only.
/// </summary>
public interface IRefreshTokenStore
{
    /// <summary>Begins a sign-in; returns when it is safe on disk.</summary>
    /// <param name="signIn">The sign-in.</param>
    /// <param name="token">Its first refresh token; null for one that cannot be refreshed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task AddAsync(SignIn signIn, TokenHash? token, CancellationToken cancellationToken);

    /// <summary>Puts another token in a token's place. Of several that try at once, one succeeds.</summary>
    /// <param name="request">Which, by what, and when.</param>
    /// <param name="cancellationToken">Gives up waiting; it may happen all the same.</param>
    /// <returns>What became of it. After <see cref="RotationOutcome.Reused"/> the sign-in is revoked.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<Rotation> RotateAsync(RotationRequest request, CancellationToken cancellationToken);

    /// <summary>The sign-in of a refresh token, used or not, which has not run out; null when there is none, or it was revoked.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<SignIn?> FindAsync(TokenHash token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Revokes a sign-in; harmless when it is revoked, or not there.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task RevokeAsync(SignInId signIn, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Revokes all sign-ins of a user.</summary>
    /// <returns>Those that were not revoked before.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<IReadOnlyList<SignInId>> RevokeAllAsync(UserId user, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The sign-ins that were revoked at or after a moment.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<SignInId>> ListRevokedAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Removes sign-ins of which nothing held any more at a moment, and refresh tokens that had run out by then.</summary>
    /// <returns>How many sign-ins.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<int> RemoveExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>Somebody signed in.</summary>
/// <param name="Id">Names it.</param>
/// <param name="UserId">Who.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">Until when its newest refresh token holds, or, without one, its access token.</param>
/// <param name="EndsAt">How far refreshing can carry it.</param>
public sealed record SignIn(SignInId Id, UserId UserId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset EndsAt);

/// <summary>A rotation.</summary>
/// <param name="Token">Which token is presented.</param>
/// <param name="Successor">Which takes its place.</param>
/// <param name="Now">The present.</param>
/// <param name="ExpiresAt">Until when the successor holds; the sign-in's own end comes first.</param>
/// <param name="Grace">For how long after its use a token that is presented again is only refused.</param>
public sealed record RotationRequest(TokenHash Token, TokenHash Successor, DateTimeOffset Now, DateTimeOffset ExpiresAt, TimeSpan Grace);

/// <summary>What became of a rotation.</summary>
/// <param name="Outcome">Whether it was done.</param>
/// <param name="SignIn">The sign-in as it is now; null after <see cref="RotationOutcome.Refused"/>.</param>
public sealed record Rotation(RotationOutcome Outcome, SignIn? SignIn);

/// <summary>How a rotation ends.</summary>
public enum RotationOutcome
{
    /// <summary>The successor is in the token's place.</summary>
    Rotated,

    /// <summary>No such token, or it ran out, or its sign-in was revoked.</summary>
    Refused,

    /// <summary>It was used a moment ago, and its successor is unused: as when a client asks twice at once. Nothing was changed.</summary>
    JustUsed,

    /// <summary>It was used before: one of two who have it has no right to it. The sign-in was revoked.</summary>
    Reused,
}
