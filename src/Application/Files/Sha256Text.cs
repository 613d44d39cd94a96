namespace Claudy.Application.Files;

/// <summary>How clients say a SHA-256.</summary>
internal static class Sha256Text
{
    public const string Rule = "sha256 must be 64 hexadecimal digits.";

    private const int Digits = 64;

    /// <summary>Whether it is one, or none was said.</summary>
    public static bool IsValid(string? text) => text is null || (text.Length == Digits && text.All(char.IsAsciiHexDigit));
}
