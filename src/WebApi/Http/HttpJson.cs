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
internal sealed record SignedInUser(string Id, string Username, string Role);

/// <summary>What <c>POST /auth/github</c> answers.</summary>
/// <remarks>No record: a printed one would show the state.</remarks>
internal sealed class GitHubBeginResponse
{
    public required Uri AuthorizeUrl { get; init; }

    public required string State { get; init; }

    /// <summary>Seconds.</summary>
    public required long ExpiresIn { get; init; }
}

/// <summary>What <c>POST /auth/github/callback</c> takes.</summary>
/// <remarks>No record: a printed one would show the code.</remarks>
internal sealed class GitHubCallbackRequest
{
    /// <summary>What GitHub gave.</summary>
    public string? Code { get; init; }

    /// <summary>Names the sign-in.</summary>
    public string? State { get; init; }

    /// <summary>What GitHub gave instead of a code.</summary>
    public string? Error { get; init; }
}

/// <summary>What <c>GET /api/user/profile</c> answers.</summary>
/// <param name="Id">Claudy's own id.</param>
/// <param name="Username">The name.</param>
/// <param name="Role">user or admin.</param>
/// <param name="Provider">Where the user's account is, such as github.com; null for the local user.</param>
/// <param name="DisplayName">The name that they go by.</param>
/// <param name="Email">Primary and verified.</param>
/// <param name="AvatarUrl">Their picture.</param>
/// <param name="CreatedAt">When they first signed in.</param>
internal sealed record ProfileData(
    string Id, string Username, string Role, string? Provider, string? DisplayName, string? Email, string? AvatarUrl, DateTimeOffset CreatedAt);

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
[JsonSerializable(typeof(GitHubBeginResponse))]
[JsonSerializable(typeof(GitHubCallbackRequest))]
[JsonSerializable(typeof(ProfileData))]
[JsonSerializable(typeof(HealthData))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
internal sealed partial class HttpJson : JsonSerializerContext;
