using Claudy.Application.Audit;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>
/// Gives an access token of the local user without a code. Never offered over the network: it is for
/// <c>claudy token</c>, whose caller can read the signing key in the data folder anyway.
/// </summary>
public sealed record IssueLocalToken : IRequest<Result<SignedIn>>, IAudited<Result<SignedIn>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("token.issued") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<SignedIn> response) => Act with { Actor = response.Value.User };
}

internal sealed class IssueLocalTokenHandler(IUserStore users, SignIns signIns, TimeProvider time)
    : IRequestHandler<IssueLocalToken, Result<SignedIn>>
{
    public async Task<Result<SignedIn>> Handle(IssueLocalToken request, CancellationToken cancellationToken)
    {
        var user = await users.FindOrAddAsync(User.LocalUsername, time.GetUtcNow(), cancellationToken);
        return await signIns.IssueOnceAsync(user, cancellationToken);
    }
}
