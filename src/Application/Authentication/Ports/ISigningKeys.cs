namespace Claudy.Application.Authentication.Ports;

/// <summary>The keys of access tokens: the newest signs, older ones verify until the last token that they signed has run out.</summary>
public interface ISigningKeys
{
    /// <summary>Every key that verifies now, the one that signs first.</summary>
    IReadOnlyList<PublicSigningKey> Published { get; }

    /// <summary>Whether the server keeps the keys itself, and so can make another.</summary>
    bool CanRotate { get; }

    /// <summary>Makes a new key, which signs from now on; other processes notice it within seconds.</summary>
    /// <param name="dropOthers">Whether the older keys verify no more, as after a theft: access tokens that they signed are refused.</param>
    /// <returns>The new key.</returns>
    /// <exception cref="InvalidOperationException"><see cref="CanRotate"/> is false.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    PublicSigningKey Rotate(bool dropOthers);
}

/// <summary>The public half of an RSA key.</summary>
/// <param name="KeyId">Its RFC 7638 thumbprint: <c>kid</c>.</param>
/// <param name="Modulus">Big-endian: <c>n</c>.</param>
/// <param name="Exponent">Big-endian: <c>e</c>.</param>
public sealed record PublicSigningKey(string KeyId, ReadOnlyMemory<byte> Modulus, ReadOnlyMemory<byte> Exponent);
