using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;

namespace Claudy.Application.Credentials.Ports;

/// <summary>Stores credentials that their owners want remembered. It sees sealed values only.</summary>
/// <remarks>All throw <see cref="StoreUnavailableException"/> when the store cannot be read or written.</remarks>
public interface ISealedCredentialStore
{
    /// <summary>Stores a credential in place of the one that was there for the same scope.</summary>
    Task SaveAsync(StoredCredential credential, CancellationToken cancellationToken);

    /// <summary>What is stored for exactly that; null for nothing.</summary>
    Task<StoredCredential?> FindAsync(CredentialScope scope, CancellationToken cancellationToken);

    /// <summary>Removes a session's own; harmless when there is none.</summary>
    Task DeleteAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>Removes the one for all of a user's sessions; harmless when there is none.</summary>
    Task DeleteAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Removes those of sessions that are terminated, being deleted or gone.</summary>
    /// <returns>How many.</returns>
    Task<int> DeleteOrphansAsync(CancellationToken cancellationToken);

    /// <summary>How many values are sealed under each key, by the key's id.</summary>
    Task<IReadOnlyDictionary<string, int>> CountByKeyAsync(CancellationToken cancellationToken);

    /// <summary>Some of those that are sealed under a key.</summary>
    Task<IReadOnlyList<StoredCredential>> ListAsync(string keyId, int limit, CancellationToken cancellationToken);

    /// <summary>Puts a value that was sealed anew in the place of the old one.</summary>
    /// <returns>Whether the old one was still there.</returns>
    Task<bool> ReplaceAsync(StoredCredential old, SealedValue value, CancellationToken cancellationToken);
}

/// <summary>A credential in the store.</summary>
/// <param name="Scope">What it is for.</param>
/// <param name="GivenAt">When its owner gave it.</param>
/// <param name="Value">The credential, sealed; null says that its owner gave one to be held in memory only.</param>
public sealed record StoredCredential(CredentialScope Scope, DateTimeOffset GivenAt, SealedValue? Value);

/// <summary>Something that is sealed.</summary>
/// <param name="KeyId">Under which key.</param>
/// <param name="Bytes">The envelope.</param>
public sealed record SealedValue(string KeyId, byte[] Bytes);
