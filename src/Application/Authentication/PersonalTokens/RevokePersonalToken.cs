using Claudy.Application.Audit;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication.PersonalTokens;

/// <summary>Revokes a personal access token; connections that it opened are closed.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="TokenId">Which.</param>
public sealed record RevokePersonalToken(UserId UserId, PersonalTokenId TokenId) : IUserRequest<Result>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("token.revoked") { Target = TokenId.ToString() };
}

internal sealed class RevokePersonalTokenHandler(IPersonalTokenStore store, Revocations revocations, TimeProvider time)
    : IRequestHandler<RevokePersonalToken, Result>
{
    public async Task<Result> Handle(RevokePersonalToken request, CancellationToken cancellationToken)
    {
        if (!await store.RevokeAsync(request.UserId, request.TokenId, time.GetUtcNow(), CancellationToken.None))
        {
            return AuthErrors.PersonalTokenNotFound();
        }

        revocations.Add(new Grant.PersonalToken(request.TokenId));
        return Result.Success();
    }
}
