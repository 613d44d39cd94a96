namespace Claudy.Infrastructure.Security;

/// <summary>The key that signs access tokens; section <c>Claudy:Auth</c>.</summary>
public sealed class SigningKeyOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Auth";

    /// <summary>
    /// A PEM file (PKCS#8) with an RSA key of at least 2048 bits that its owner alone can read. Without one, a key is made
    /// at the first start, in <c>keys/jwt-private.pem</c> of the data folder.
    /// </summary>
    public string? PrivateKeyPath { get; set; }
}
