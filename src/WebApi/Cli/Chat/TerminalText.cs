using System.Globalization;
using System.Text;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>
/// Makes text from the server safe to print: what Claude, a tool or a file says must not move the cursor, change the
/// window's title, write to the clipboard or make a command look like another one.
/// </summary>
internal static class TerminalText
{
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Shows control characters as their pictures (ESC as ␛) and invisible ones as U+FFFD; keeps line ends and tabs.</summary>
    public static string Clean(string text)
    {
        var firstUnsafe = IndexOfUnsafe(text);
        if (firstUnsafe < 0)
        {
            return text;
        }

        var clean = new StringBuilder(text.Length + 16).Append(text, 0, firstUnsafe);
        for (var i = firstUnsafe; i < text.Length;)
        {
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                i++;
                continue;
            }

            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            clean.Append(Visible(rune).ToString());
            i += length;
        }

        return clean.ToString();
    }

    /// <summary>The same on one line, cut to a length.</summary>
    public static string CleanLine(string text, int maxLength)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = Clean(end < 0 ? text : text[..end]).Replace('\t', ' ');
        var isWhole = end < 0 && line.Length <= maxLength;
        return isWhole ? line : string.Concat(line.AsSpan(0, Math.Min(line.Length, maxLength - 1)).TrimEnd(), "…");
    }

    private static int IndexOfUnsafe(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            if (Visible(rune) != rune || (length == 1 && char.IsSurrogate(text[i])))
            {
                return i;
            }

            i += length;
        }

        return -1;
    }

    private static Rune Visible(Rune rune) => rune.Value switch
    {
        '\n' or '\t' => rune,
        < 0x20 => new Rune(0x2400 + rune.Value),
        0x7F => new Rune(0x2421),
        ZeroWidthJoiner or ZeroWidthNonJoiner => rune,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            ? Rune.ReplacementChar
            : rune,
    };
}
