using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>A place in a list of sessions, the last used first: behind this one. Its text is what clients carry from page to page.</summary>
/// <param name="LastActivityAt">When that session was last used.</param>
/// <param name="Id">Its id, which orders those of the same moment.</param>
public readonly record struct SessionCursor(DateTimeOffset LastActivityAt, SessionId Id)
{
    /// <summary>Before every session.</summary>
    public static SessionCursor Start => new(DateTimeOffset.MaxValue, default);

    /// <summary>Behind a session.</summary>
    public static SessionCursor Of(SessionDocument session) => new(session.LastActivityAt, session.Id);

    /// <summary>Reads what <see cref="ToString"/> gave.</summary>
    /// <exception cref="FormatException">It is no cursor; use <see cref="TryParse"/> for what a client sent.</exception>
    public static SessionCursor Parse(string text) => TryParse(text, out var cursor) ? cursor : throw new FormatException("That is no cursor of a session list.");

    /// <summary>Reads what <see cref="ToString"/> gave; false when it is something else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SessionCursor cursor)
    {
        cursor = default;
        var parts = text?.Split('_');
        if (parts is not [var ticks, var id]
            || !long.TryParse(ticks, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var utcTicks)
            || utcTicks < 0 || utcTicks > DateTimeOffset.MaxValue.UtcTicks
            || !SessionId.TryParse(id, null, out var session))
        {
            return false;
        }

        cursor = new SessionCursor(new DateTimeOffset(utcTicks, TimeSpan.Zero), session);
        return true;
    }

    /// <summary>The text form: opaque to clients.</summary>
    public override string ToString() => $"{LastActivityAt.UtcTicks:x}_{Id}";
}
