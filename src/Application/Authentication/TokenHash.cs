using System.Security.Cryptography;
using System.Text;

namespace Claudy.Application.Authentication;

/// <summary>Under what a token is kept: SHA-256, so that reading the store signs nobody in. Tokens have too much chance in them for a salt to matter.</summary>
/// <param name="Value">64 lower-case hexadecimal digits.</param>
public readonly record struct TokenHash(string Value)
{
    /// <summary>The hash of a token's text.</summary>
    public static TokenHash Of(string token) => new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))));
}
