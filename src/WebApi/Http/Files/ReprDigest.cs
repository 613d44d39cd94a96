using System.Buffers.Text;
using System.Security.Cryptography;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Primitives;

namespace Claudy.WebApi.Http.Files;

/// <summary>Digest fields, RFC 9530: <c>sha-256=:…:</c>. Others than SHA-256 are ignored.</summary>
internal static class ReprDigest
{
    /// <summary>What is sent along with content.</summary>
    public const string Field = "Repr-Digest";

    private const string WantField = "Want-Repr-Digest";
    private const string Algorithm = "sha-256";

    // Without content codings the two say the same.
    private static readonly string[] Fields = [Field, "Content-Digest"];

    /// <summary>The SHA-256 that a request says its content has, in hexadecimal; null when it says none.</summary>
    public static Result<string?> Of(HttpRequest request)
    {
        foreach (var field in Fields)
        {
            var said = Members(request.Headers[field]).FirstOrDefault(member => member.StartsWith(Algorithm + "=", StringComparison.OrdinalIgnoreCase));
            if (said is null)
            {
                continue;
            }

            var digest = new byte[SHA256.HashSizeInBytes];
            var value = said[(Algorithm.Length + 1)..].Trim();
            return value is [':', .. var base64, ':'] && Base64.IsValid(base64, out var length) && length == digest.Length && Convert.TryFromBase64String(base64, digest, out _)
                ? Convert.ToHexStringLower(digest)
                : RequestErrors.InvalidField(field, $"{field} must be sha-256=:…: with the digest as base64.");
        }

        return Result.Success<string?>(null);
    }

    /// <summary>Whether the client asks for one: it takes reading the file twice.</summary>
    public static bool IsWanted(HttpRequest request) =>
        Members(request.Headers[WantField]).Any(member => member.StartsWith(Algorithm + "=", StringComparison.OrdinalIgnoreCase) && !member.EndsWith("=0", StringComparison.Ordinal));

    /// <summary>The field's value.</summary>
    public static string Text(string sha256) => $"{Algorithm}=:{Convert.ToBase64String(Convert.FromHexString(sha256))}:";

    /// <summary>The field's value for all of a stream, which is read and put back to its start.</summary>
    public static async Task<string> TextOfAsync(Stream content, CancellationToken cancellationToken)
    {
        var digest = await SHA256.HashDataAsync(content, cancellationToken);
        content.Position = 0;
        return $"{Algorithm}=:{Convert.ToBase64String(digest)}:";
    }

    private static IEnumerable<string> Members(StringValues values) =>
        values.OfType<string>().SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
