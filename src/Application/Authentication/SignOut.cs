using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>Ends a sign-in, or all of its user's.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SignIn">By which sign-in they ask.</param>
/// <param name="Everywhere">Whether all of the user's sign-ins end; personal access tokens stay.</param>
public sealed record SignOut(UserId UserId, SignInId SignIn, bool Everywhere) : IUserRequest<Result>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("sign_in.ended").With("everywhere", AuditText.Flag(Everywhere));
}

internal sealed class SignOutHandler(SignIns signIns) : IRequestHandler<SignOut, Result>
{
    public async Task<Result> Handle(SignOut request, CancellationToken cancellationToken)
    {
        // Also when all end: the store may have lost the one that asks.
        await signIns.EndAsync(request.SignIn);
        if (request.Everywhere)
        {
            await signIns.EndAllAsync(request.UserId);
        }

        return Result.Success();
    }
}

/// <summary>The same for a client whose access token ran out: it shows its refresh token instead.</summary>
/// <param name="RefreshToken">As it came from the client; one that was used before ends its sign-in just as well.</param>
/// <param name="Everywhere">As in <see cref="SignOut"/>.</param>
public sealed record SignOutByRefreshToken(string? RefreshToken, bool Everywhere) : IRequest<Result<UserId>>, IAudited<Result<UserId>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("sign_in.ended").With("everywhere", AuditText.Flag(Everywhere));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<UserId> response) => Act with { Target = response.Value.ToString() };

    /// <summary>The name alone.</summary>
    public override string ToString() => nameof(SignOutByRefreshToken);
}

internal sealed class SignOutByRefreshTokenHandler(IRefreshTokenStore store, SignIns signIns, TimeProvider time)
    : IRequestHandler<SignOutByRefreshToken, Result<UserId>>
{
    public async Task<Result<UserId>> Handle(SignOutByRefreshToken request, CancellationToken cancellationToken)
    {
        if (!RefreshToken.LooksLike(request.RefreshToken)
            || await store.FindAsync(TokenHash.Of(request.RefreshToken!), time.GetUtcNow(), cancellationToken) is not { } signIn)
        {
            return AuthErrors.RefreshTokenInvalid();
        }

        await signIns.EndAsync(signIn.Id);
        if (request.Everywhere)
        {
            await signIns.EndAllAsync(signIn.UserId);
        }

        return signIn.UserId;
    }
}
