using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions.Ports;

/// <summary>The only way from a sandbox to the model: a Unix socket per session, at whose other end the credential is added.</summary>
public interface IApiBroker
{
    /// <summary>Opens the session's socket, or finds it open. The socket exists when this returns.</summary>
    /// <param name="session">Whose requests come through it.</param>
    /// <param name="credential">Asked at every request for the key to add; it gives null where the demo model answers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The socket's path on this machine.</returns>
    Task<string> OpenAsync(SessionId session, Func<ClaudeCredential?> credential, CancellationToken cancellationToken);

    /// <summary>Closes the session's socket and cuts its requests; harmless when it is not open.</summary>
    Task CloseAsync(SessionId session);
}

/// <summary>What proves to the API who pays.</summary>
/// <param name="Kind">How it is sent.</param>
/// <param name="Value">The key or token.</param>
public sealed record ClaudeCredential(ClaudeCredentialKind Kind, Secret Value)
{
    /// <summary>The header in which Anthropic's API is told of beta features.</summary>
    public const string BetaHeader = "anthropic-beta";

    /// <summary>Without this in <see cref="BetaHeader"/>, Anthropic's API takes no OAuth token; Claude Code 2.1.197 sends it with its own.</summary>
    public const string OAuthBeta = "oauth-2025-04-20";

    private const string OAuthPrefix = "sk-ant-oat";
    private const int LeastLengthForHint = 24;
    private const int HintLength = 4;

    /// <summary>Its last four characters, by which its owner knows it again; null where it is so short that they would give much of it away.</summary>
    public string? Hint => Value.Reveal() is { Length: >= LeastLengthForHint } value ? value[^HintLength..] : null;

    /// <summary>Takes a value for what its beginning says: <c>sk-ant-oat</c> is an OAuth token, whatever it was given as.</summary>
    /// <param name="value">The key or token.</param>
    /// <param name="otherwise">What all others are.</param>
    public static ClaudeCredential Recognise(Secret value, ClaudeCredentialKind otherwise = ClaudeCredentialKind.ApiKey) =>
        new(value.Reveal().StartsWith(OAuthPrefix, StringComparison.Ordinal) ? ClaudeCredentialKind.OAuthToken : otherwise, value);
}

/// <summary>How a credential is sent.</summary>
public enum ClaudeCredentialKind
{
    /// <summary>As <c>x-api-key</c>.</summary>
    ApiKey,

    /// <summary>As <c>Authorization: Bearer</c>; what gateways give.</summary>
    AuthToken,

    /// <summary>The same, with <see cref="ClaudeCredential.OAuthBeta"/>.</summary>
    OAuthToken,
}
