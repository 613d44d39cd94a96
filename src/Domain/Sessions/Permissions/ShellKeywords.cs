namespace Claudy.Domain.Sessions.Permissions;

/// <summary>Words that mean something else where a command's name would stand.</summary>
internal static class ShellKeywords
{
    /// <param name="raw">The word as it is written: a quoted one is no keyword.</param>
    /// <param name="isHarmless">Whether it only groups: commands run as without it.</param>
    /// <param name="isSimple">Whether what follows are commands, as after <c>then</c>.</param>
    public static bool IsKeyword(ReadOnlySpan<char> raw, out bool isHarmless, out bool isSimple)
    {
        isHarmless = raw is "{" or "}" or "!";
        isSimple = isHarmless || raw is "if" or "then" or "elif" or "else" or "fi" or "while" or "until" or "do" or "done";
        return isSimple || raw is "for" or "case" or "esac" or "in" or "select" or "function" or "coproc" or "repeat" or "foreach" or "[[" or "]]";
    }

    /// <summary><c>NAME=…</c>, <c>NAME+=…</c> or <c>NAME[…]=…</c>, with the name unquoted.</summary>
    public static bool IsAssignment(ReadOnlySpan<char> raw)
    {
        var end = 0;
        while (end < raw.Length && (char.IsAsciiLetter(raw[end]) || raw[end] == '_' || (end > 0 && char.IsAsciiDigit(raw[end]))))
            end++;
        var rest = raw[end..];
        return end > 0 && (rest is ['=', ..] or ['+', '=', ..] || (rest is ['[', ..] && rest.Contains(']') && rest.Contains('=')));
    }

    /// <summary><c>{name}</c>, which before a redirection takes a descriptor's number.</summary>
    public static bool IsDescriptor(ReadOnlySpan<char> raw) => raw is ['{', .. var name, '}'] && name.Length > 0 && !name.ContainsAnyExcept(NameCharacters);

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    public static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
