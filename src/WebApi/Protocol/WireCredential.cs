using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Protocol;

/// <summary>Keys and tokens as clients send them.</summary>
internal static class WireCredential
{
    private const string User = "user";

    /// <summary>Reads a key or token.</summary>
    /// <returns>It, or <c>WS_005</c> when it is missing or of no known kind.</returns>
    public static Result<ClaudeCredential> Parse(string? token, string? kind)
    {
        if (string.IsNullOrWhiteSpace(token))
        {
            return RequestErrors.InvalidField("claude_token", "claude_token is missing.");
        }

        return kind switch
        {
            null or "api_key" => ClaudeCredential.Recognise(new Secret(token)),
            "auth_token" => ClaudeCredential.Recognise(new Secret(token), ClaudeCredentialKind.AuthToken),
            "oauth_token" => new ClaudeCredential(ClaudeCredentialKind.OAuthToken, new Secret(token)),
            _ => RequestErrors.InvalidField("token_kind", "token_kind must be api_key, auth_token or oauth_token."),
        };
    }

    /// <summary>Whether something is about all of a user's sessions, and not about one.</summary>
    public static Result<bool> IsForUser(string? scope) => scope switch
    {
        null or "session" => false,
        User => true,
        _ => RequestErrors.InvalidField("scope", "scope must be session or user."),
    };
}
