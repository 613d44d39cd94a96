namespace Claudy.WebApi.Protocol;

/// <summary>Moments as the protocol has them: <c>2026-01-01T12:00:00.123Z</c>.</summary>
internal static class WireTimestamp
{
    /// <summary>Bytes of every timestamp.</summary>
    public const int Length = 24;

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    [ThreadStatic]
    private static byte[]? _last;

    [ThreadStatic]
    private static long _lastMillisecond;

    /// <summary>The moment's 24 bytes; valid until the next call on this thread.</summary>
    /// <remarks>Deltas come by the hundred thousand a second and share their millisecond, so the last one is kept.</remarks>
    public static ReadOnlySpan<byte> Of(DateTimeOffset at)
    {
        var millisecond = at.UtcTicks / TimeSpan.TicksPerMillisecond;
        if (_last is null || millisecond != _lastMillisecond)
        {
            _last ??= new byte[Length];
            at.UtcDateTime.TryFormat(_last, out _, Format);
            _lastMillisecond = millisecond;
        }

        return _last;
    }
}
