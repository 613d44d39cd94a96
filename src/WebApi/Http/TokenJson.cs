using System.Text.Json.Serialization;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.Http;

/// <summary>What <c>POST /auth/refresh</c> and <c>POST /auth/revoke</c> take.</summary>
/// <remarks>No record: a printed one would show the token.</remarks>
internal sealed class RefreshTokenRequest
{
    public string? RefreshToken { get; init; }

    /// <summary>Of <c>/auth/revoke</c> only: whether all of the user's sign-ins end.</summary>
    public bool Everywhere { get; init; }
}

/// <summary>What <c>POST /api/user/tokens</c> takes.</summary>
internal sealed record PersonalTokenRequest(string? Name, int? ExpiresInDays);

/// <summary>A personal access token, without its text.</summary>
internal sealed record PersonalTokenData
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required WireTime CreatedAt { get; init; }

    public WireTime? ExpiresAt { get; init; }

    public WireTime? LastUsedAt { get; init; }
}

/// <summary>A user's tokens.</summary>
internal sealed record PersonalTokenListData(IReadOnlyList<PersonalTokenData> Tokens);

/// <summary>What is told once, when a personal access token is made.</summary>
/// <remarks>No record: a printed one would show the token.</remarks>
internal sealed class CreatedPersonalTokenData
{
    /// <summary>The token itself.</summary>
    public required string Token { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required WireTime CreatedAt { get; init; }

    public WireTime? ExpiresAt { get; init; }
}

/// <summary>A JSON Web Key Set, RFC 7517.</summary>
internal sealed record KeySetData(IReadOnlyList<KeyData> Keys);

/// <summary>A public RSA key, RFC 7518 section 6.3.1.</summary>
internal sealed record KeyData(string Kty, string Use, string Alg, string Kid, string N, string E);

/// <summary>The wire types about tokens, with their readers and writers made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RefreshTokenRequest))]
[JsonSerializable(typeof(PersonalTokenRequest))]
[JsonSerializable(typeof(PersonalTokenListData))]
[JsonSerializable(typeof(CreatedPersonalTokenData))]
[JsonSerializable(typeof(KeySetData))]
internal sealed partial class TokenJson : JsonSerializerContext;
