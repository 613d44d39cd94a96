using Claudy.Application.Authentication.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication;

/// <summary>Begins and ends sign-ins, whichever way somebody proved who they are.</summary>
public sealed class SignIns(
    IRefreshTokenStore store,
    IPersonalTokenStore personalTokens,
    ITokenIssuer tokens,
    Revocations revocations,
    IOptions<SignInOptions> options,
    TimeProvider time)
{
    /// <summary>Begins a sign-in: an access token, and a refresh token that gives further ones.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    public async Task<SignedIn> IssueAsync(User user, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var text = RefreshToken.NewText();
        var endsAt = now + options.Value.SignInLifetime;
        var refreshUntil = now + options.Value.RefreshTokenLifetime;
        var signIn = new SignIn(SignInId.New(now), user.Id, now, refreshUntil < endsAt ? refreshUntil : endsAt, endsAt);
        await store.AddAsync(signIn, TokenHash.Of(text), cancellationToken);
        return new SignedIn(tokens.Issue(user, signIn.Id), user, new RefreshToken(new Secret(text), signIn.ExpiresAt));
    }

    /// <summary>Begins a sign-in that is one access token and cannot be refreshed.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    public async Task<SignedIn> IssueOnceAsync(User user, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = SignInId.New(now);
        var token = tokens.Issue(user, id);
        await store.AddAsync(new SignIn(id, user.Id, now, token.ExpiresAt, token.ExpiresAt), null, cancellationToken);
        return new SignedIn(token, user);
    }

    /// <summary>Ends a sign-in: its refresh token is void, its access tokens are refused, its connections are closed.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written; nothing is changed.</exception>
    public async Task EndAsync(SignInId signIn)
    {
        // What is revoked stays so, whether the client waits or not.
        await store.RevokeAsync(signIn, time.GetUtcNow(), CancellationToken.None);
        revocations.Add(new Grant.SignIn(signIn));
    }

    /// <summary>Ends all sign-ins of a user; personal access tokens stay.</summary>
    /// <returns>How many sign-ins ended.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be written; nothing is changed.</exception>
    public async Task<int> EndAllAsync(UserId user)
    {
        var ended = await store.RevokeAllAsync(user, time.GetUtcNow(), CancellationToken.None);
        foreach (var signIn in ended)
        {
            revocations.Add(new Grant.SignIn(signIn));
        }

        return ended.Count;
    }

    /// <summary>Shuts a user out, as when they are deactivated: ends their sign-ins and revokes their personal access tokens.</summary>
    /// <remarks>Who may not come back must also be refused where they would sign in.</remarks>
    /// <exception cref="StoreUnavailableException">The store cannot be written; call it again.</exception>
    public async Task ShutOutAsync(UserId user)
    {
        // In this order: an ended sign-in makes no further token.
        await EndAllAsync(user);
        foreach (var token in await personalTokens.RevokeAllAsync(user, time.GetUtcNow(), CancellationToken.None))
        {
            revocations.Add(new Grant.PersonalToken(token));
        }
    }
}
