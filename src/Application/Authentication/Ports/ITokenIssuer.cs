using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Authentication.Ports;

/// <summary>Makes and checks access tokens: JWT, RS256.</summary>
public interface ITokenIssuer
{
    /// <summary>A token for a user, valid for 15 minutes.</summary>
    AccessToken Issue(User user);

    /// <summary>Whose token it is.</summary>
    /// <returns>The identity; <c>AUTH_002</c> when it ran out, <c>AUTH_003</c> when it is no token of this server.</returns>
    Task<Result<Identity>> ValidateAsync(string token);
}

/// <summary>A token and until when it holds.</summary>
public sealed record AccessToken(Secret Value, DateTimeOffset ExpiresAt);

/// <summary>Who is asking, as a token says.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Username">Their name.</param>
/// <param name="ExpiresAt">Until when the token holds.</param>
public sealed record Identity(UserId UserId, string Username, DateTimeOffset ExpiresAt)
{
    /// <summary>What they may do.</summary>
    public UserRole Role { get; init; }
}
