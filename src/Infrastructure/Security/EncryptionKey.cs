using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Claudy.Infrastructure.Security;

/// <summary>A key of 256 bits, named by what it is: another key never has its name.</summary>
internal sealed class EncryptionKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    /// <summary>Bytes of a key's id.</summary>
    public const int IdSize = 8;

    private readonly byte[] _value;

    private EncryptionKey(byte[] value)
    {
        _value = value;
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(value, "claudy encryption key id"u8)[..IdSize]);
    }

    /// <summary>Its id, 16 hexadecimal digits; says nothing of the key.</summary>
    public string Id { get; }

    public ReadOnlySpan<byte> Value => _value;

    public static EncryptionKey New() => new(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Reads a key from base64 or hexadecimal digits.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out EncryptionKey? key)
    {
        var trimmed = text.Trim();
        var value = new byte[Size];
        var isRead = trimmed.Length == 2 * Size
            ? Convert.FromHexString(trimmed, value, out _, out var written) == System.Buffers.OperationStatus.Done && written == Size
            : Convert.TryFromBase64String(trimmed, value, out written) && written == Size;
        key = isRead ? new EncryptionKey(value) : null;
        return isRead;
    }
}
