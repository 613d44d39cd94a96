using Claudy.Application.Authentication.PersonalTokens;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Authentication;

/// <summary>Tells who a token lets in: an access token, or a personal one; never one that was revoked.</summary>
public sealed partial class Authenticator(
    ITokenIssuer tokens,
    IPersonalTokenStore personalTokens,
    IUserStore users,
    UserStanding standing,
    Revocations revocations,
    TimeProvider time,
    ILogger<Authenticator> logger)
{
    // Who looks wants to know whether a token is in use at all; each note waits for the disk.
    private static readonly TimeSpan UseIsNotedEvery = TimeSpan.FromMinutes(5);

    /// <summary>Whose token it is.</summary>
    /// <returns>
    /// The identity; <c>AUTH_002</c> when it ran out, <c>AUTH_003</c> when it is no token of this server or a personal one that
    /// was revoked, <c>AUTH_006</c> when its sign-in was ended or its owner may not use the server any more, <c>SERVER_002</c> when the store cannot say.
    /// </returns>
    public async Task<Result<Identity>> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        var identity = PersonalTokenText.LooksLike(token)
            ? await FindPersonalAsync(token, cancellationToken)
            : await tokens.ValidateAsync(token);
        return identity.IsSuccess && revocations.IsRevoked(identity.Value.Grant) ? AuthErrors.TokenRevoked() : identity;
    }

    private async Task<Result<Identity>> FindPersonalAsync(string text, CancellationToken cancellationToken)
    {
        // Spares the store what was mistyped or made up.
        if (!PersonalTokenText.IsWhole(text))
        {
            return AuthErrors.TokenInvalid();
        }

        try
        {
            if (await personalTokens.FindAsync(TokenHash.Of(text), cancellationToken) is not { } token)
            {
                return AuthErrors.TokenInvalid();
            }

            var now = time.GetUtcNow();
            if (token.ExpiresAt <= now)
            {
                return AuthErrors.TokenExpired();
            }

            if (await users.FindAsync(token.Owner, cancellationToken) is not { } owner)
            {
                return AuthErrors.TokenRevoked();
            }

            var role = standing.OfToken(owner);
            if (!role.IsSuccess)
            {
                return AuthErrors.TokenRevoked() with { Message = role.Error.Message };
            }

            await NoteUseAsync(token, now, cancellationToken);
            return new Identity(owner.Id, owner.Username, token.ExpiresAt, new Grant.PersonalToken(token.Id)) { Role = role.Value };
        }
        catch (StoreUnavailableException exception)
        {
            LogStoreUnavailable(exception);
            return RequestErrors.StoreUnavailable();
        }
    }

    private async Task NoteUseAsync(PersonalToken token, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (token.LastUsedAt is { } last && now - last < UseIsNotedEvery)
        {
            return;
        }

        try
        {
            await personalTokens.TouchAsync(token.Id, now, cancellationToken);
        }
        catch (StoreUnavailableException exception)
        {
            // A full disk must not lock out who comes to make room.
            LogUseNotNoted(exception, token.Id);
        }
    }

    [LoggerMessage(2301, LogLevel.Error, "A personal access token cannot be looked up: the store is unavailable")]
    private partial void LogStoreUnavailable(Exception exception);

    [LoggerMessage(2302, LogLevel.Warning, "The use of personal access token {TokenId} could not be noted")]
    private partial void LogUseNotNoted(Exception exception, PersonalTokenId tokenId);
}
