using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Users;

namespace Claudy.Application.Authentication.Ports;

/// <summary>Personal access tokens, known by their hashes only. A revoked one is found and listed no more.</summary>
public interface IPersonalTokenStore
{
    /// <summary>Adds a token; returns when it is safe on disk.</summary>
    /// <param name="token">The token, which is made now.</param>
    /// <param name="limit">How many a user may have that did not run out.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether it was added; if not, nothing is changed.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<PersonalTokenAddition> AddAsync(NewPersonalToken token, int limit, CancellationToken cancellationToken);

    /// <summary>A token, run out or not; or null.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<PersonalToken?> FindAsync(TokenHash hash, CancellationToken cancellationToken);

    /// <summary>A user's tokens, the newest first.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<PersonalToken>> ListAsync(UserId owner, CancellationToken cancellationToken);

    /// <summary>Notes when a token was used; an earlier moment than the one that is known changes nothing.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task TouchAsync(PersonalTokenId token, DateTimeOffset usedAt, CancellationToken cancellationToken);

    /// <summary>Revokes a token of a user.</summary>
    /// <returns>False when the user has no such token.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<bool> RevokeAsync(UserId owner, PersonalTokenId token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Revokes all tokens of a user.</summary>
    /// <returns>Those that were not revoked before.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<IReadOnlyList<PersonalTokenId>> RevokeAllAsync(UserId owner, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The tokens that were revoked at or after a moment.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<PersonalTokenId>> ListRevokedAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Removes tokens that ran out or were revoked before a moment.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<int> RemoveExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>A personal access token, without its text.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Owner">Whose.</param>
/// <param name="Name">What its owner calls it; up to 100 characters.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Until when it holds; null for until it is revoked.</param>
/// <param name="LastUsedAt">When it was used last, to within some minutes; null for never.</param>
public sealed record PersonalToken(
    PersonalTokenId Id, UserId Owner, string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt);

/// <summary>A personal access token that is being made.</summary>
/// <param name="Token">The token.</param>
/// <param name="Hash">By what it is found.</param>
/// <param name="SignIn">The sign-in that makes it.</param>
public sealed record NewPersonalToken(PersonalToken Token, TokenHash Hash, SignInId SignIn);

/// <summary>What became of a personal access token that was to be added.</summary>
public enum PersonalTokenAddition
{
    /// <summary>It holds.</summary>
    Added,

    /// <summary>Its owner has as many as may be.</summary>
    TooMany,

    /// <summary>The sign-in that makes it has ended, be it a moment ago and by another process.</summary>
    SignInEnded,
}
