using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Credentials.Ports;

/// <summary>Holds credentials in memory, encrypted: of sessions, of users for all of their sessions, and the server's.</summary>
public interface ICredentialVault
{
    /// <summary>Holds a credential in place of the one that was there.</summary>
    void Keep(CredentialScope scope, HeldCredential credential);

    /// <summary>Forgets a session's own credential; harmless when there is none.</summary>
    void Forget(SessionId session);

    /// <summary>Forgets the one for all of a user's sessions; harmless when there is none.</summary>
    void Forget(UserId user);

    /// <summary>What is held for exactly that; null for nothing.</summary>
    HeldCredential? Find(CredentialScope scope);

    /// <summary>The credential that a session's requests get: its own, else its owner's, else the server's; null where there is none.</summary>
    ClaudeCredential? For(UserId owner, SessionId session);

    /// <summary>Where sessions get theirs that have none of their own or their owner's.</summary>
    CredentialSource DefaultSource { get; }
}

/// <summary>What a credential is for: one session, or all of a user's sessions that have none of their own.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Session">The session; null for all.</param>
public readonly record struct CredentialScope(UserId Owner, SessionId? Session);

/// <summary>A credential as it is held.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="GivenAt">When its owner gave it.</param>
/// <param name="IsStored">Whether it is in the store too, and outlives the server.</param>
public sealed record HeldCredential(ClaudeCredential Credential, DateTimeOffset GivenAt, bool IsStored);

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
