using System.Text.Json.Serialization;

namespace Claudy.Infrastructure.GitHub;

/// <summary>What GitHub answers when a code is exchanged: a token or an error, both with status 200.</summary>
/// <remarks>No record: a printed one would show the token.</remarks>
internal sealed class TokenAnswer
{
    public string? AccessToken { get; init; }

    public string? Error { get; init; }
}

/// <summary>What Claudy reads of <c>GET /user</c>.</summary>
internal sealed record AccountAnswer(long Id, string? Login, string? Name, string? AvatarUrl);

/// <summary>An entry of <c>GET /user/emails</c>.</summary>
internal sealed record EmailAnswer(string? Email, bool Primary, bool Verified);

/// <summary>What Claudy reads of <c>GET /user/memberships/orgs/{org}</c>: <c>active</c> or <c>pending</c>.</summary>
internal sealed record MembershipAnswer(string? State);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(AccountAnswer))]
[JsonSerializable(typeof(EmailAnswer[]))]
[JsonSerializable(typeof(MembershipAnswer))]
internal sealed partial class GitHubJson : JsonSerializerContext;
