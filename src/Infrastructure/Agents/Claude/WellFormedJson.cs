using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// Mends what JavaScript writes and .NET does not read. A tool's output that was cut between two halves of a character
/// ends in a lone surrogate escape; read as a string it would throw, and the whole line would be lost.
/// </summary>
internal static class WellFormedJson
{
    private const int EscapeLength = 6;
    private static readonly SearchValues<byte> Backslash = SearchValues.Create("\\"u8);

    /// <summary>The line itself when nothing is wrong with it, else a mended copy.</summary>
    internal static ReadOnlySpan<byte> Mend(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
            line = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line));

        return line.IndexOf("\\ud"u8) < 0 && line.IndexOf("\\uD"u8) < 0 ? line : ReplaceLoneSurrogates(line);
    }

    private static ReadOnlySpan<byte> ReplaceLoneSurrogates(ReadOnlySpan<byte> line)
    {
        var copy = line.ToArray();
        var at = 0;
        while (at < copy.Length)
        {
            var next = copy.AsSpan(at).IndexOfAny(Backslash);
            if (next < 0)
                break;

            at += next;
            if (!TryReadUnit(copy.AsSpan(at), out var unit))
            {
                at += 2; // another escape, such as \n or \\
                continue;
            }

            if (char.IsHighSurrogate(unit) && TryReadUnit(copy.AsSpan(at + EscapeLength), out var low) && char.IsLowSurrogate(low))
            {
                at += 2 * EscapeLength;
                continue;
            }

            if (char.IsSurrogate(unit))
                "\\ufffd"u8.CopyTo(copy.AsSpan(at));
            at += EscapeLength;
        }

        return copy;
    }

    private static bool TryReadUnit(ReadOnlySpan<byte> escape, out char unit)
    {
        unit = default;
        if (escape.Length < EscapeLength || escape[0] != '\\' || escape[1] != 'u'
            || !ushort.TryParse(escape[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        unit = (char)value;
        return true;
    }
}
