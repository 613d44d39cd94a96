using System.Security.Cryptography;

namespace Claudy.Infrastructure.Security;

/// <summary>
/// How a sealed value is stored: a version, the id of its key, a nonce, a tag, the ciphertext (AES-256-GCM). The version, the
/// key's id and what the value is for are authenticated with it.
/// </summary>
internal static class SealedEnvelope
{
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int KeyIdAt = 1;
    private const int NonceAt = KeyIdAt + EncryptionKey.IdSize;
    private const int TagAt = NonceAt + NonceSize;
    private const int HeadSize = TagAt + TagSize;

    public static byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> purpose, EncryptionKey key)
    {
        var envelope = new byte[HeadSize + plaintext.Length];
        envelope[0] = Version;
        Convert.FromHexString(key.Id, envelope.AsSpan(KeyIdAt, EncryptionKey.IdSize), out _, out _);
        RandomNumberGenerator.Fill(envelope.AsSpan(NonceAt, NonceSize));
        using var aes = new AesGcm(key.Value, TagSize);
        aes.Encrypt(
            envelope.AsSpan(NonceAt, NonceSize), plaintext, envelope.AsSpan(HeadSize), envelope.AsSpan(TagAt, TagSize), AssociatedData(envelope, purpose));
        return envelope;
    }

    /// <summary>The id of the key that opens it; null when it is no envelope of this version.</summary>
    public static string? KeyIdOf(ReadOnlySpan<byte> envelope) =>
        envelope.Length >= HeadSize && envelope[0] == Version ? Convert.ToHexStringLower(envelope.Slice(KeyIdAt, EncryptionKey.IdSize)) : null;

    /// <summary>Opens an envelope.</summary>
    /// <returns>What was sealed, for the caller to wipe; null when it was sealed for something else or changed.</returns>
    public static byte[]? Open(ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> purpose, EncryptionKey key)
    {
        if (KeyIdOf(envelope) != key.Id)
        {
            return null;
        }

        var plaintext = new byte[envelope.Length - HeadSize];
        using var aes = new AesGcm(key.Value, TagSize);
        try
        {
            aes.Decrypt(
                envelope.Slice(NonceAt, NonceSize), envelope[HeadSize..], envelope.Slice(TagAt, TagSize), plaintext, AssociatedData(envelope, purpose));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] AssociatedData(ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> purpose) => [.. envelope[..NonceAt], .. purpose];
}
