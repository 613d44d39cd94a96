using Claudy.Application.Authentication;
using Claudy.Application.Messaging;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using MediatR;

namespace Claudy.Application.Users;

/// <summary>Tells users what is known of them.</summary>
/// <param name="UserId">Who asks, and about whom.</param>
public sealed record GetProfile(UserId UserId) : IUserRequest<Result<User>>;

internal sealed class GetProfileHandler(IUserStore users) : IRequestHandler<GetProfile, Result<User>>
{
    public async Task<Result<User>> Handle(GetProfile request, CancellationToken cancellationToken) =>
        await users.FindAsync(request.UserId, cancellationToken) is { } user ? user : AuthErrors.TokenInvalid();
}
