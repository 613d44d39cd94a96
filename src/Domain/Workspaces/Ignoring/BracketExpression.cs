using System.Text;

namespace Claudy.Domain.Workspaces.Ignoring;

/// <summary>What stands in brackets in a pattern: <c>[a-z]</c>, <c>[!0-9]</c>, <c>[[:alpha:]_]</c>.</summary>
internal static class BracketExpression
{
    /// <summary>Looks whether one byte is in it.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="at">Where its opening bracket is; afterwards, where its closing one is.</param>
    /// <param name="text">The byte.</param>
    /// <returns>Null when it has no end, or names a class that there is not.</returns>
    public static bool? Read(ReadOnlySpan<byte> pattern, ref int at, byte text)
    {
        var isNegated = At(pattern, at + 1) is '!' or '^';
        at += isNegated ? 2 : 1;
        var isIn = false;
        var previous = -1;
        for (var isFirst = true; isFirst || At(pattern, at) != ']'; isFirst = false)
        {
            if (!Step(pattern, ref at, text, ref previous, ref isIn))
            {
                return null;
            }

            at++;
        }

        return isIn != isNegated;
    }

    /// <returns>Whether what is there can be.</returns>
    private static bool Step(ReadOnlySpan<byte> pattern, ref int at, byte text, ref int previous, ref bool isIn)
    {
        switch (At(pattern, at))
        {
            case -1:
                return false;
            case '[' when At(pattern, at + 1) == ':':
                return StepClass(pattern, ref at, text, ref previous, ref isIn);
            case '-' when previous >= 0 && At(pattern, at + 1) is not (-1 or ']'):
                at += At(pattern, at + 1) == '\\' ? 2 : 1;
                isIn |= text >= previous && text <= At(pattern, at);
                previous = -1;
                return at < pattern.Length;
            case '\\':
                at++;
                break;
        }

        previous = At(pattern, at);
        isIn |= text == previous;
        return previous >= 0;
    }

    private static bool StepClass(ReadOnlySpan<byte> pattern, ref int at, byte text, ref int previous, ref bool isIn)
    {
        var end = pattern[(at + 2)..].IndexOf((byte)']');
        if (end <= 0 || pattern[at + 1 + end] != (byte)':')
        {
            // No class after all, but a plain bracket.
            isIn |= text == (byte)'[';
            previous = '[';
            return end >= 0;
        }

        var isOfClass = IsInClass(Encoding.ASCII.GetString(pattern.Slice(at + 2, end - 1)), text);
        isIn |= isOfClass ?? false;
        previous = -1;
        at += end + 2;
        return isOfClass is not null;
    }

    private static int At(ReadOnlySpan<byte> pattern, int at) => at < pattern.Length ? pattern[at] : -1;

    private static bool? IsInClass(string name, byte text)
    {
        var c = (char)text;
        return name switch
        {
            "alnum" => char.IsAsciiLetterOrDigit(c),
            "alpha" => char.IsAsciiLetter(c),
            "blank" => c is ' ' or '\t',
            "cntrl" => c is < ' ' or '\u007F',
            "digit" => char.IsAsciiDigit(c),
            "graph" => c is > ' ' and < '\u007F',
            "lower" => char.IsAsciiLetterLower(c),
            "print" => c is >= ' ' and < '\u007F',
            "punct" => char.IsAscii(c) && !char.IsControl(c) && c != ' ' && !char.IsAsciiLetterOrDigit(c),
            "space" => c is ' ' or (>= '\t' and <= '\r'),
            "upper" => char.IsAsciiLetterUpper(c),
            "xdigit" => char.IsAsciiHexDigit(c),
            _ => null,
        };
    }
}
