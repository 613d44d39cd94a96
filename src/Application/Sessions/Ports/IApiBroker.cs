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
public sealed record ClaudeCredential(ClaudeCredentialKind Kind, Secret Value);

/// <summary>How a credential is sent.</summary>
public enum ClaudeCredentialKind
{
    /// <summary>As <c>x-api-key</c>.</summary>
    ApiKey,

    /// <summary>As <c>Authorization: Bearer</c>.</summary>
    AuthToken,
}
