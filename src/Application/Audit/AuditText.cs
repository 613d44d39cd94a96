using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Claudy.Application.Audit;

/// <summary>What may be contents, in a form that tells whether it is the same without telling what it is.</summary>
internal static class AuditText
{
    private const int HashLength = 16;

    /// <summary>A permission rule: its tool, and of what it allows only a hash. A command may hold a secret.</summary>
    public static string Rule(string rule)
    {
        var open = rule.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? Bare(rule) : $"{Bare(rule[..open])}(sha256:{HashOf(rule[open..])})";
    }

    /// <summary>Several of them.</summary>
    public static string? Rules(IEnumerable<string>? rules) => rules is null ? null : OrNull(string.Join(", ", rules.Select(Rule)));

    /// <summary>Names, one after the other; null for none.</summary>
    public static string? Names(IEnumerable<string>? names) => names is null ? null : OrNull(string.Join(", ", names));

    /// <summary>For whom something is remembered; null when it is not.</summary>
    public static string? Scope(bool isRemembered, bool isForUser)
    {
        var scope = isForUser ? "user" : "session";
        return isRemembered ? scope : null;
    }

    /// <summary>A number as JSON has it.</summary>
    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A flag as JSON has it.</summary>
    public static string Flag(bool value) => value ? "true" : "false";

    // Tool names are letters, digits, _ and -; what is none may be anything.
    private static string Bare(string tool) =>
        tool.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '*') ? tool : $"sha256:{HashOf(tool)}";

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashLength];

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
