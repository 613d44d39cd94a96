using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Claudy.Domain.Networking;

/// <summary>
/// The name of a machine on the network in the one form in which names are compared: lower case, ASCII, no dot at the end;
/// or an IP address in the one spelling that it has here.
/// </summary>
/// <remarks>
/// Whatever has two readings is refused: another program could read it the other way. So there are no characters but letters,
/// digits, <c>-</c> and <c>_</c>, and no address in octal, hexadecimal, with fewer than four numbers or with a zone.
/// </remarks>
public sealed record HostName
{
    /// <summary>The longest name, in characters, as DNS has it.</summary>
    public const int MaxLength = 253;

    private const int MaxLabelLength = 63;

    private HostName(string value, IPAddress? address)
    {
        Value = value;
        Address = address;
    }

    /// <summary>The name: <c>api.github.com</c>, <c>203.0.113.7</c> or <c>[2001:db8::7]</c>.</summary>
    public string Value { get; }

    /// <summary>The address, when it is one; null for a name.</summary>
    public IPAddress? Address { get; }

    /// <summary>An address as a host name.</summary>
    public static HostName Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new HostName(address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString(), address);
    }

    /// <summary>Reads a name that a program asks for; an IPv6 address in brackets. It must be ASCII already.</summary>
    /// <param name="text">What was asked for.</param>
    /// <param name="name">The name.</param>
    /// <param name="why">What is wrong with it, to go after "because".</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HostName? name, [NotNullWhen(false)] out string? why)
    {
        name = null;
        if (string.IsNullOrEmpty(text))
        {
            why = "it is empty";
            return false;
        }

        if (text[0] == '[')
        {
            return TryParseIPv6(text, out name, out why);
        }

        var value = (text[^1] == '.' ? text[..^1] : text).ToLowerInvariant();
        if (value.Length > MaxLength)
        {
            why = $"it is longer than {MaxLength} characters";
            return false;
        }

        var labels = value.Split('.');
        why = Array.ConvertAll(labels, WrongWith).FirstOrDefault(wrong => wrong is not null);
        if (why is not null)
        {
            return false;
        }

        if (!IsNumber(labels[^1]))
        {
            name = new HostName(value, null);
            return true;
        }

        // No top-level domain is a number: whoever reads it takes it for an address.
        if (!IPAddress.TryParse(value, out var address) || address.ToString() != value)
        {
            why = "it is an IP address in another spelling than four decimal numbers";
            return false;
        }

        name = new HostName(value, address);
        return true;
    }

    /// <summary>Reads a name that a person wrote, which may have other letters than ASCII: they become <c>xn--…</c>.</summary>
    /// <inheritdoc cref="TryParse" path="/param"/>
    public static bool TryParseWritten(string? text, [NotNullWhen(true)] out HostName? name, [NotNullWhen(false)] out string? why)
    {
        if (text is null || System.Text.Ascii.IsValid(text))
        {
            return TryParse(text, out name, out why);
        }

        name = null;
        if (WrongLetterIn(text) is { } wrong)
        {
            why = wrong;
            return false;
        }

        try
        {
            var ascii = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(text.ToLowerInvariant());
            return TryParse(ascii, out name, out why);
        }
        catch (ArgumentException)
        {
            why = "it is no international name; write it as xn--…";
            return false;
        }
    }

    /// <summary>Whether it is below a domain, at any depth; no name is below itself.</summary>
    public bool IsBelow(HostName domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Address is null && domain.Address is null
            && Value.Length > domain.Value.Length + 1
            && Value.EndsWith(domain.Value, StringComparison.Ordinal)
            && Value[^(domain.Value.Length + 1)] == '.';
    }

    /// <summary>The name.</summary>
    public override string ToString() => Value;

    private static bool TryParseIPv6(string text, [NotNullWhen(true)] out HostName? name, [NotNullWhen(false)] out string? why)
    {
        name = null;
        var inner = text.EndsWith(']') ? text[1..^1] : "";
        why = inner.Contains('%', StringComparison.Ordinal) ? "it has a zone" : "it is no IPv6 address in brackets";
        if (!inner.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
            || !IPAddress.TryParse(inner, out var address)
            || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        name = Of(address);
        why = null;
        return true;
    }

    private static string? WrongWith(string label) => label switch
    {
        "" => "it has an empty part",
        { Length: > MaxLabelLength } => $"one of its parts is longer than {MaxLabelLength} characters",
        ['-', ..] or [.., '-'] => "one of its parts begins or ends with a hyphen",
        _ when !label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') => "it has a character that host names do not have",
        _ => null,
    };

    // As the URL standard has it: digits alone, or 0x and what may follow it.
    private static bool IsNumber(string label) =>
        label.All(char.IsAsciiDigit) || (label.StartsWith("0x", StringComparison.Ordinal) && label.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0);

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");

    // Letters and digits of any script. A letter with its accent apart looks like the composed one and is another name.
    private static string? WrongLetterIn(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                continue;
            }

            if (rune.Value is >= 0x300 and <= 0x36F)
            {
                return "it has an accent apart from its letter; write the letter with the accent, or xn--…";
            }

            if (System.Text.Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.OtherLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)
                || rune.Value is >= 0xFF00 and <= 0xFFEF)
            {
                return "it has a character that host names do not have";
            }
        }

        return null;
    }
}
