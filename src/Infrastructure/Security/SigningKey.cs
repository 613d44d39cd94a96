using Microsoft.IdentityModel.Tokens;

namespace Claudy.Infrastructure.Security;

/// <summary>The key that signs access tokens, named by its RFC 7638 thumbprint.</summary>
internal sealed class SigningKey
{
    public SigningKey(SigningKeyFile file)
    {
        Security = new RsaSecurityKey(file.Load());
        Security.KeyId = Base64UrlEncoder.Encode(Security.ComputeJwkThumbprint());
    }

    public RsaSecurityKey Security { get; }
}
