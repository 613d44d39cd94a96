using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Security;

/// <summary>Seals credentials under the key ring's current key, each bound to its owner, its session and what it is.</summary>
internal sealed class CredentialSealer(EncryptionKeyRing keys) : ICredentialSealer
{
    private const int MaxKeyIdLength = 64;

    public string CurrentKeyId => keys.Current.Id;

    public bool Knows(string keyId) => keys.Find(keyId) is not null;

    public SealedValue Seal(CredentialScope scope, ClaudeCredential credential)
    {
        var key = keys.Current;
        var value = credential.Value.Reveal();
        var plaintext = new byte[1 + Encoding.UTF8.GetMaxByteCount(value.Length)];
        try
        {
            plaintext[0] = CodeOf(credential.Kind);
            var length = 1 + Encoding.UTF8.GetBytes(value, plaintext.AsSpan(1));
            return new SealedValue(key.Id, SealedEnvelope.Seal(plaintext.AsSpan(0, length), PurposeOf(scope), key));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    public Result<ClaudeCredential> Open(CredentialScope scope, SealedValue value)
    {
        if (SealedEnvelope.KeyIdOf(value.Bytes) is not { } keyId || keys.Find(keyId) is not { } key
            || SealedEnvelope.Open(value.Bytes, PurposeOf(scope), key) is not { } plaintext)
        {
            return AgentErrors.CredentialUnreadable(value.KeyId[..Math.Min(value.KeyId.Length, MaxKeyIdLength)]);
        }

        try
        {
            return new ClaudeCredential(KindOf(plaintext[0]), new Secret(Encoding.UTF8.GetString(plaintext.AsSpan(1))));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    public bool TryRenewKey() => keys.TryRenew();

    public IReadOnlyList<string> DropKeysExcept(IReadOnlyCollection<string> inUse) => keys.DropExcept(inUse);

    // Ids have a fixed length: no two scopes read the same.
    private static byte[] PurposeOf(CredentialScope scope) =>
        Encoding.ASCII.GetBytes($"claude credential of {scope.Owner} for {scope.Session?.ToString() ?? "all sessions"}");

    // What is stored outlives the order of the enum's names.
    private static byte CodeOf(ClaudeCredentialKind kind) => kind switch
    {
        ClaudeCredentialKind.ApiKey => (byte)'k',
        ClaudeCredentialKind.AuthToken => (byte)'t',
        ClaudeCredentialKind.OAuthToken => (byte)'o',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static ClaudeCredentialKind KindOf(byte code) => code switch
    {
        (byte)'t' => ClaudeCredentialKind.AuthToken,
        (byte)'o' => ClaudeCredentialKind.OAuthToken,
        _ => ClaudeCredentialKind.ApiKey,
    };
}
