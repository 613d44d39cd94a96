using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>Forgets the credential for all of a user's sessions, in memory and in the store; those that used it use the server's from their next request on.</summary>
public sealed record ForgetUserKey(UserId UserId) : IUserRequest<Result>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("credential.forgotten");
}

internal sealed class ForgetUserKeyHandler(UserCredentials credentials) : IRequestHandler<ForgetUserKey, Result>
{
    public async Task<Result> Handle(ForgetUserKey request, CancellationToken cancellationToken)
    {
        await credentials.ForgetAsync(request.UserId, CancellationToken.None);
        return Result.Success();
    }
}
