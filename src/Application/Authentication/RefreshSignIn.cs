using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Authentication;

/// <summary>Exchanges a refresh token for an access token and the next refresh token.</summary>
/// <param name="RefreshToken">As it came from the client.</param>
public sealed record RefreshSignIn(string? RefreshToken) : IRequest<Result<SignedIn>>, IAudited<Result<SignedIn>>
{
    /// <summary>
    /// For how long after its use a token that comes again is only refused: two requests of one client that cross, not yet
    /// a theft. It gives nothing either way.
    /// </summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public AuditAct Act => new("token.refreshed") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<SignedIn> response) => Act with { Actor = response.Value.User };

    /// <summary>The name alone.</summary>
    public override string ToString() => nameof(RefreshSignIn);
}

internal sealed partial class RefreshSignInHandler(
    IRefreshTokenStore store,
    IUserStore users,
    ITokenIssuer tokens,
    SignIns signIns,
    UserStanding standing,
    IAuditLog audit,
    AuditOrigin origin,
    IOptions<SignInOptions> options,
    TimeProvider time,
    ILogger<RefreshSignInHandler> logger) : IRequestHandler<RefreshSignIn, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(RefreshSignIn request, CancellationToken cancellationToken)
    {
        if (!RefreshToken.LooksLike(request.RefreshToken))
        {
            return AuthErrors.RefreshTokenInvalid();
        }

        // The user first: once the token is used, nothing may stand between the client and the next one.
        var now = time.GetUtcNow();
        var token = TokenHash.Of(request.RefreshToken!);
        if (await store.FindAsync(token, now, cancellationToken) is not { } signIn)
        {
            return AuthErrors.RefreshTokenInvalid();
        }

        if (await users.FindAsync(signIn.UserId, cancellationToken) is not { } user)
        {
            await signIns.EndAsync(signIn.Id);
            return AuthErrors.RefreshTokenInvalid();
        }

        var role = standing.OfSignIn(user);
        if (!role.IsSuccess)
        {
            await signIns.EndAsync(signIn.Id);
            return role.Error;
        }

        return await RotateAsync(token, now, user with { Role = role.Value }, cancellationToken);
    }

    private async Task<Result<SignedIn>> RotateAsync(TokenHash token, DateTimeOffset now, User user, CancellationToken cancellationToken)
    {
        var next = RefreshToken.NewText();
        var rotation = await store.RotateAsync(
            new RotationRequest(token, TokenHash.Of(next), now, now + options.Value.RefreshTokenLifetime, RefreshSignIn.Grace), cancellationToken);
        switch (rotation)
        {
            case { Outcome: RotationOutcome.Rotated, SignIn: { } signIn }:
                return new SignedIn(tokens.Issue(user, signIn.Id), user, new RefreshToken(new Secret(next), signIn.ExpiresAt));
            case { Outcome: RotationOutcome.Reused, SignIn: { } signIn }:
                LogReused(signIn.Id, signIn.UserId);
                await signIns.EndAsync(signIn.Id);
                audit.Post(origin.Entry(new AuditAct("sign_in.ended") { Target = user.Id.ToString() }.With("reason", "refresh_token_reused"), user.Id, null));
                return AuthErrors.RefreshTokenInvalid();
            case { Outcome: RotationOutcome.JustUsed }:
                return AuthErrors.RefreshTokenJustUsed();
            default:
                return AuthErrors.RefreshTokenInvalid();
        }
    }

    [LoggerMessage(2300, LogLevel.Warning, "A refresh token of sign-in {SignInId} of user {UserId} was used again: it may be stolen, and the sign-in is ended")]
    private partial void LogReused(SignInId signInId, UserId userId);
}
