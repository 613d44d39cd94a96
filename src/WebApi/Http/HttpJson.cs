using System.Text.Json.Serialization;

namespace Claudy.WebApi.Http;

/// <summary>Problem details, RFC 9457, with Claudy's code.</summary>
internal sealed record ProblemData(
    string Type, string Title, int Status, string Detail, string Code, bool Retryable, IReadOnlyDictionary<string, object>? Details);

/// <summary>What <c>POST /auth/local</c> takes.</summary>
/// <remarks>No record: a printed one would show the code.</remarks>
internal sealed class SignInRequest
{
    /// <summary>The one-time code.</summary>
    public string? Code { get; init; }
}

/// <summary>What signing in gives, in OAuth 2's words.</summary>
/// <remarks>No record: a printed one would show the token.</remarks>
internal sealed class SignInResponse
{
    public required string AccessToken { get; init; }

    public required string TokenType { get; init; }

    /// <summary>Seconds.</summary>
    public required long ExpiresIn { get; init; }

    /// <summary>What gives the next tokens, once.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Seconds.</summary>
    public long? RefreshExpiresIn { get; init; }

    public required SignedInUser User { get; init; }
}

/// <summary>Who signed in.</summary>
internal sealed record SignedInUser(string Id, string Username);

/// <summary>What <c>/health</c> and its like answer.</summary>
/// <param name="Status">ok or unavailable.</param>
/// <param name="Version">Claudy's version.</param>
/// <param name="Checks">What was looked at, with ok or why not.</param>
internal sealed record HealthData(string Status, string? Version, IReadOnlyDictionary<string, string>? Checks);

/// <summary>The wire types of HTTP, with their readers and writers made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemData))]
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(SignInResponse))]
[JsonSerializable(typeof(HealthData))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
internal sealed partial class HttpJson : JsonSerializerContext;
