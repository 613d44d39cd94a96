using System.Diagnostics.CodeAnalysis;

namespace Claudy.Domain.Sessions;

/// <summary>Names a session; a UUID, and the same one that Claude Code gets as <c>--session-id</c>.</summary>
public readonly record struct SessionId(Guid Value) : ISpanParsable<SessionId>
{
    /// <summary>A new id, ordered by time.</summary>
    public static SessionId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    /// <inheritdoc/>
    public static SessionId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    /// <summary>Reads the 36-character form.</summary>
    /// <exception cref="FormatException">It is not that form.</exception>
    public static SessionId Parse(string s) => Parse(s, null);

    /// <inheritdoc/>
    public static SessionId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out SessionId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new SessionId(value);
        return parsed;
    }

    /// <summary>The 36-character form.</summary>
    public override string ToString() => Value.ToString("D");
}
