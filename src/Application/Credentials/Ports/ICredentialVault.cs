using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Credentials.Ports;

/// <summary>Holds the credentials of sessions, encrypted, in memory, for as long as the session lives.</summary>
public interface ICredentialVault
{
    /// <summary>Keeps a session's own key.</summary>
    void Keep(SessionId session, Secret key);

    /// <summary>Forgets a session's own key; harmless when there is none.</summary>
    void Forget(SessionId session);

    /// <summary>Whether the session has a key of its own here.</summary>
    bool HasOwn(SessionId session);

    /// <summary>The credential that the session's requests get: its own key, else the server's; null where the demo model answers.</summary>
    ClaudeCredential? For(SessionId session);

    /// <summary>Where sessions without a key of their own get theirs.</summary>
    CredentialSource DefaultSource { get; }
}

/// <summary>Where a credential comes from.</summary>
public enum CredentialSource
{
    /// <summary>Nowhere: users must bring theirs.</summary>
    None,

    /// <summary>The operator gave one for the whole server.</summary>
    Server,

    /// <summary>The built-in demo model answers, outside production only.</summary>
    Demo,
}
