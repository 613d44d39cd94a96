using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>Exchanges a one-time code for a sign-in of the local user.</summary>
/// <param name="Code">What <see cref="CreateSignInCode"/> or <see cref="CreateConsoleSignInCode"/> gave, as it came from the client.</param>
public sealed record SignInLocally(string? Code) : IRequest<Result<SignedIn>>, IAudited<Result<SignedIn>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("sign_in.local") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<SignedIn> response) => Act with { Actor = response.Value.User };

    /// <summary>The name alone: the code is worth a token until it is taken.</summary>
    public override string ToString() => nameof(SignInLocally);
}

/// <summary>Someone is signed in.</summary>
/// <param name="Token">What proves it from now on.</param>
/// <param name="User">Who it is.</param>
/// <param name="Refresh">What gives the next token; null where the sign-in cannot be refreshed.</param>
public sealed record SignedIn(AccessToken Token, User User, RefreshToken? Refresh = null);

internal sealed class SignInLocallyHandler(IOneTimeStore codes, IConsoleSignInCodes consoleCodes, IUserStore users, SignIns signIns, TimeProvider time)
    : IRequestHandler<SignInLocally, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(SignInLocally request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Code) || await TakeAsync(request.Code, cancellationToken) is not { } username)
        {
            return AuthErrors.CodeInvalid();
        }

        var user = await users.FindOrAddAsync(username, time.GetUtcNow(), cancellationToken);
        return await signIns.IssueAsync(user, cancellationToken);
    }

    private async Task<string?> TakeAsync(string code, CancellationToken cancellationToken) =>
        await codes.TakeAsync(SignInCode.KeyOf(code), cancellationToken)
        ?? (await consoleCodes.TakeAsync(SignInCode.HashOf(code), cancellationToken) ? User.LocalUsername : null);
}
