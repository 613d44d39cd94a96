using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Claudy.Application.Authentication.PersonalTokens;

/// <summary>
/// What a personal access token looks like: <c>claudy_pat_</c>, 40 characters of chance, and 6 that check the rest, each of
/// them a digit or a letter. A scanner finds them by the pattern and knows a real one by its checksum.
/// </summary>
internal static class PersonalTokenText
{
    public const string Prefix = "claudy_pat_";

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int ChanceLength = 40;
    private const int ChecksumLength = 6;

    /// <summary>A new one; nobody can guess it.</summary>
    public static string New()
    {
        var text = Prefix + RandomNumberGenerator.GetString(Alphabet, ChanceLength);
        return text + Checksum(text);
    }

    /// <summary>Whether a text means to be one.</summary>
    public static bool LooksLike(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a text is as long as one and its checksum is right.</summary>
    public static bool IsWhole(string text) =>
        text.Length == Prefix.Length + ChanceLength + ChecksumLength
        && text.EndsWith(Checksum(text[..^ChecksumLength]), StringComparison.Ordinal);

    /// <summary>The first 32 bits of the SHA-256 of what is before it, most significant digit first.</summary>
    private static string Checksum(string text)
    {
        var rest = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return string.Create(ChecksumLength, rest, static (digits, value) =>
        {
            for (var i = digits.Length - 1; i >= 0; i--)
            {
                digits[i] = Alphabet[(int)(value % Alphabet.Length)];
                value /= (uint)Alphabet.Length;
            }
        });
    }
}
