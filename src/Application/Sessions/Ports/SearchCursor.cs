using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>A place among what a search finds, the newest first: behind this event. Its text is what clients carry from page to page.</summary>
/// <param name="At">When that event was recorded.</param>
/// <param name="Session">Its session, which orders those of the same moment.</param>
/// <param name="Seq">Its place in the session, which orders the rest.</param>
public readonly record struct SearchCursor(DateTimeOffset At, SessionId Session, long Seq)
{
    /// <summary>Behind an event that was found.</summary>
    public static SearchCursor Of(SearchHit hit) => new(hit.At, hit.Session, hit.Seq);

    /// <summary>Reads what <see cref="ToString"/> gave; false when it is something else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SearchCursor cursor)
    {
        cursor = default;
        var parts = text?.Split('_');
        if (parts is not [var ticks, var id, var number]
            || !long.TryParse(ticks, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var utcTicks)
            || utcTicks < 0 || utcTicks > DateTimeOffset.MaxValue.UtcTicks
            || !SessionId.TryParse(id, null, out var session)
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
        {
            return false;
        }

        cursor = new SearchCursor(new DateTimeOffset(utcTicks, TimeSpan.Zero), session, seq);
        return true;
    }

    /// <summary>The text form: opaque to clients.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks:x}_{Session}_{Seq}");
}
