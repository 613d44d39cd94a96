using System.Net;
using System.Net.Sockets;
using Claudy.Application.Audit;

namespace Claudy.Infrastructure.Audit;

/// <summary>
/// Keeps what comes to nothing from filling the disk: refusals, and requests that are given up or fail, which anybody can send and
/// hang up on. Callers that are not signed in have one bound together, since addresses are cheap; what is left out is counted.
/// </summary>
internal sealed class AuditThrottle(int perMinute, TimeProvider time)
{
    /// <summary>For how long they are counted together.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int ShareOfOne = 10;
    private const int NetworkBytes = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _bySource = new(StringComparer.Ordinal);
    private long _windowStart = time.GetTimestamp();
    private int _ofUnknown;
    private long _leftOut;
    private long _leftOutBefore;

    private int OfOne => Math.Max(1, perMinute / ShareOfOne);

    /// <summary>Whether to record this; if not, it is counted.</summary>
    public bool Admits(AuditEntry entry)
    {
        if (entry.Outcome == AuditOutcome.Done || entry is { UserId: null, Credential: AuditCredential.Console or AuditCredential.Server })
        {
            return true;
        }

        lock (_gate)
        {
            TurnWindow();
            var isUnknown = entry.UserId is null;
            var source = entry.UserId is { } user ? user.ToString() : NetworkOf(entry.Address);
            var ofSource = _bySource.GetValueOrDefault(source);
            if (ofSource >= OfOne || (isUnknown && _ofUnknown >= perMinute))
            {
                _leftOut++;
                return false;
            }

            _bySource[source] = ofSource + 1;
            _ofUnknown += isUnknown ? 1 : 0;
            return true;
        }
    }

    /// <summary>How many were left out and not told yet, in minutes that are over.</summary>
    /// <param name="isLast">Whether this minute is to count too.</param>
    public long TakeLeftOut(bool isLast)
    {
        lock (_gate)
        {
            TurnWindow();
            var told = _leftOutBefore + (isLast ? _leftOut : 0);
            _leftOut = isLast ? 0 : _leftOut;
            _leftOutBefore = 0;
            return told;
        }
    }

    /// <summary>Counts what was taken and could not be told.</summary>
    public void GiveBack(long leftOut)
    {
        lock (_gate)
        {
            _leftOutBefore += leftOut;
        }
    }

    private void TurnWindow()
    {
        if (time.GetElapsedTime(_windowStart) < Window)
        {
            return;
        }

        _windowStart = time.GetTimestamp();
        _ofUnknown = 0;
        _bySource.Clear();
        _leftOutBefore += _leftOut;
        _leftOut = 0;
    }

    // Of IPv6 a single customer has a /64 at least.
    private static string NetworkOf(string? text)
    {
        if (!IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return text ?? "";
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes).ToString();
    }
}
