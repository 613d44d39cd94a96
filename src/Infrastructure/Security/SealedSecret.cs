using System.Security.Cryptography;
using System.Text;
using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Security;

/// <summary>A secret as AES-256-GCM keeps it, bound to what it is for: it opens under no other name.</summary>
internal readonly struct SealedSecret
{
    private readonly byte[] _nonce;
    private readonly byte[] _ciphertext;
    private readonly byte[] _tag;

    private SealedSecret(byte[] nonce, byte[] ciphertext, byte[] tag)
    {
        _nonce = nonce;
        _ciphertext = ciphertext;
        _tag = tag;
    }

    /// <param name="secret">What is kept.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="key">256 bits.</param>
    public static SealedSecret Seal(Secret secret, string purpose, ReadOnlySpan<byte> key)
    {
        var plaintext = Encoding.UTF8.GetBytes(secret.Reveal());
        try
        {
            var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
            var ciphertext = new byte[plaintext.Length];
            var tag = new byte[AesGcm.TagByteSizes.MaxSize];
            using var aes = new AesGcm(key, tag.Length);
            aes.Encrypt(nonce, plaintext, ciphertext, tag, Encoding.UTF8.GetBytes(purpose));
            return new SealedSecret(nonce, ciphertext, tag);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <exception cref="CryptographicException">It was sealed for something else, or with another key.</exception>
    public Secret Open(string purpose, ReadOnlySpan<byte> key)
    {
        var plaintext = new byte[_ciphertext.Length];
        try
        {
            using var aes = new AesGcm(key, _tag.Length);
            aes.Decrypt(_nonce, _ciphertext, _tag, plaintext, Encoding.UTF8.GetBytes(purpose));
            return new Secret(Encoding.UTF8.GetString(plaintext));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }
}
