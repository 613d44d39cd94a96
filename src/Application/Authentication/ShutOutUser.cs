using Claudy.Application.Audit;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Authentication;

/// <summary>Ends all sign-ins of a user and revokes their personal access tokens. For the server's console, never offered over the network.</summary>
/// <param name="Username">Whose; letters count the same in either case.</param>
public sealed record ShutOutUser(string Username) : IRequest<Result<User>>, IAudited<Result<User>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("user.shut_out") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<User> response) => Act with { Target = response.Value.Id.ToString() };
}

internal sealed class ShutOutUserHandler(IUserStore users, SignIns signIns) : IRequestHandler<ShutOutUser, Result<User>>
{
    public async Task<Result<User>> Handle(ShutOutUser request, CancellationToken cancellationToken)
    {
        if (await users.FindByNameAsync(request.Username, cancellationToken) is not { } user)
        {
            return AuthErrors.UserNotFound(request.Username);
        }

        await signIns.ShutOutAsync(user.Id);
        return user;
    }
}
