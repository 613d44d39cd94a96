using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;

namespace Claudy.Application.Credentials.Ports;

/// <summary>Seals credentials for the store, under encryption keys that live outside of it, and opens them.</summary>
public interface ICredentialSealer
{
    /// <summary>The id of the key that seals now.</summary>
    string CurrentKeyId { get; }

    /// <summary>Whether there is a key of that id.</summary>
    bool Knows(string keyId);

    /// <summary>Seals a credential so that it opens for this scope only.</summary>
    SealedValue Seal(CredentialScope scope, ClaudeCredential credential);

    /// <summary>Opens what was sealed for this scope.</summary>
    /// <returns>The credential, or <c>CLAUDE_008</c> when its key is not here or it was sealed for another scope or changed.</returns>
    Result<ClaudeCredential> Open(CredentialScope scope, SealedValue value);

    /// <summary>Makes a new key and seals under it from now on; the old ones still open.</summary>
    /// <returns>False where the operator gives the key, and so must give the new one.</returns>
    bool TryRenewKey();

    /// <summary>Forgets keys that are neither current nor in use. Those that the operator gives stay.</summary>
    /// <returns>The ids of those that are gone.</returns>
    IReadOnlyList<string> DropKeysExcept(IReadOnlyCollection<string> inUse);
}
