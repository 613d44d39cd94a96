using System.Security.Claims;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Claudy.Infrastructure.Security;

/// <summary>Access tokens as signed JWTs (RFC 9068): RS256 and nothing else, from this server to this server.</summary>
internal sealed class JwtTokenIssuer : ITokenIssuer
{
    public const string Issuer = "claudy";
    public const string Audience = "claudy";
    public const string TokenType = "at+jwt";
    public const string RoleClaim = "role";

    private const int MaxTokenLength = 16 * 1024;

    private readonly TimeProvider _time;
    private readonly SigningKeyRing _keys;
    private readonly TokenValidationParameters _accepted;

    // Without its default times: they would come from the machine's clock.
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxTokenLength, SetDefaultTimesOnTokenCreation = false };

    public JwtTokenIssuer(SigningKeyRing keys, TimeProvider time)
    {
        _time = time;
        _keys = keys;
        _accepted = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            ValidTypes = [TokenType],
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            IssuerSigningKeyResolver = (_, _, keyId, _) => keys.Find(keyId) is { } key ? [key.Security] : [],
            TryAllIssuerSigningKeys = false,
            ValidateLifetime = false, // See CheckLifetime.
        };
    }

    public AccessToken Issue(User user, SignInId signIn)
    {
        var now = _time.GetUtcNow();

        // A JWT counts whole seconds; what is told must be what it says.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((now + AccessToken.Lifetime).ToUnixTimeSeconds());
        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = TokenType,
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = expiresAt.UtcDateTime,
            SigningCredentials = new SigningCredentials(_keys.Signer.Security, SecurityAlgorithms.RsaSha256),
            Subject = new ClaimsIdentity(
            [
                new Claim(JwtRegisteredClaimNames.Sub, user.Id.ToString()),
                new Claim(JwtRegisteredClaimNames.PreferredUsername, user.Username),
                new Claim(JwtRegisteredClaimNames.Sid, signIn.ToString()),
                new Claim(RoleClaim, user.Role.ToName()),
                new Claim(JwtRegisteredClaimNames.Jti, Guid.NewGuid().ToString("N")),
            ]),
        });
        return new AccessToken(new Secret(token), expiresAt);
    }

    public async Task<Result<Identity>> ValidateAsync(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length > MaxTokenLength)
        {
            return AuthErrors.TokenInvalid();
        }

        var checkedToken = await _handler.ValidateTokenAsync(token, _accepted);
        if (checkedToken is not { IsValid: true, SecurityToken: JsonWebToken jwt })
        {
            return AuthErrors.TokenInvalid();
        }

        if (CheckLifetime(jwt) is { } error)
        {
            return error;
        }

        return Guid.TryParseExact(jwt.Subject, "D", out var userId)
            && jwt.TryGetPayloadValue<string>(JwtRegisteredClaimNames.PreferredUsername, out var username)
            && jwt.TryGetPayloadValue<string>(JwtRegisteredClaimNames.Sid, out var sid)
            && Guid.TryParseExact(sid, "D", out var signIn)
            ? new Identity(new UserId(userId), username, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero), new Grant.SignIn(new SignInId(signIn))) { Role = RoleOf(jwt) }
            : AuthErrors.TokenInvalid();
    }

    private static UserRole RoleOf(JsonWebToken token) =>
        UserRoleNames.ToRole(token.TryGetPayloadValue<string>(RoleClaim, out var role) ? role : null);

    /// <summary>Here and not in the library, which tells of a forged token that it ran out, and goes by the machine's clock.</summary>
    private Error? CheckLifetime(JsonWebToken token)
    {
        var now = _time.GetUtcNow().UtcDateTime;

        // A time that the token does not give is the year 1.
        if (token.ValidTo == DateTime.MinValue || token.ValidFrom > now + AccessToken.ClockSkew)
        {
            return AuthErrors.TokenInvalid();
        }

        return token.ValidTo > now - AccessToken.ClockSkew ? null : AuthErrors.TokenExpired();
    }
}
