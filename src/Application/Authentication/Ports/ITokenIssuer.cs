using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Authentication.Ports;

/// <summary>Makes and checks access tokens: JWT, RS256.</summary>
public interface ITokenIssuer
{
    /// <summary>A token of a sign-in, valid for <see cref="AccessToken.Lifetime"/>.</summary>
    AccessToken Issue(User user, SignInId signIn);

    /// <summary>Whose token it is. Whether its sign-in still holds is for <see cref="Authenticator"/> to say.</summary>
    /// <returns>The identity; <c>AUTH_002</c> when it ran out, <c>AUTH_003</c> when it is no token of this server.</returns>
    Task<Result<Identity>> ValidateAsync(string token);
}

/// <summary>A token and until when it holds.</summary>
public sealed record AccessToken(Secret Value, DateTimeOffset ExpiresAt)
{
    /// <summary>How long a token holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>By how much the clocks of two servers may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);
}

/// <summary>Who is asking, as a token says.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Username">Their name.</param>
/// <param name="ExpiresAt">Until when the token holds; null for one that does until it is revoked.</param>
/// <param name="Grant">What lets them in.</param>
public sealed record Identity(UserId UserId, string Username, DateTimeOffset? ExpiresAt, Grant Grant)
{
    /// <summary>What they may do.</summary>
    public UserRole Role { get; init; }
}
