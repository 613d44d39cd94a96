using System.Security.Cryptography;
using Claudy.Application.Authentication.Ports;
using Microsoft.IdentityModel.Tokens;

namespace Claudy.Infrastructure.Security;

/// <summary>A key of access tokens, named by its RFC 7638 thumbprint.</summary>
internal sealed class SigningKey
{
    /// <param name="parameters">With or without the private half.</param>
    public SigningKey(RSAParameters parameters)
    {
        Security = new RsaSecurityKey(parameters);
        Security.KeyId = Base64UrlEncoder.Encode(Security.ComputeJwkThumbprint());
        Public = new PublicSigningKey(Security.KeyId, parameters.Modulus, parameters.Exponent);
    }

    public RsaSecurityKey Security { get; }

    public PublicSigningKey Public { get; }

    public string Id => Security.KeyId;
}

/// <summary>A key that verifies, but signs no more.</summary>
/// <param name="Key">The key.</param>
/// <param name="Until">When the last token that it signed has run out; null where only the operator knows.</param>
internal sealed record VerifyingKey(SigningKey Key, DateTimeOffset? Until);

/// <summary>The keys at one moment.</summary>
/// <param name="Signer">Which signs.</param>
/// <param name="Others">Which verify besides.</param>
internal sealed record SigningKeySet(SigningKey Signer, IReadOnlyList<VerifyingKey> Others);
