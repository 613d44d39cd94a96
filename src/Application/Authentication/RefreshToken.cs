using System.Buffers.Text;
using System.Security.Cryptography;
using Claudy.Domain.Shared;

namespace Claudy.Application.Authentication;

/// <summary>A refresh token and until when it holds.</summary>
public sealed record RefreshToken(Secret Value, DateTimeOffset ExpiresAt)
{
    // Names what it is, for whoever finds one where it should not be.
    private const string Prefix = "claudy_rt_";
    private const int Bytes = 32;
    private const int MaxLength = 128;

    /// <summary>A new text; nobody can guess it.</summary>
    internal static string NewText() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Whether a text can be one at all, before it is hashed and looked up.</summary>
    internal static bool LooksLike(string? text) => text is { Length: <= MaxLength } && text.StartsWith(Prefix, StringComparison.Ordinal);
}
