using System.Net;
using System.Net.Sockets;
using Claudy.Application.Audit;

namespace Claudy.Infrastructure.Audit;

/// <summary>Keeps callers that are not signed in from filling the disk with refusals; what is left out is counted.</summary>
internal sealed class AuditThrottle(int perMinute, TimeProvider time)
{
    /// <summary>For how long refusals are counted together.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int ShareOfOneAddress = 10;
    private const int NetworkBytes = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _byNetwork = new(StringComparer.Ordinal);
    private long _windowStart = time.GetTimestamp();
    private int _count;
    private long _leftOut;

    /// <summary>Whether to record this; if not, it is counted.</summary>
    public bool Admits(AuditEntry entry)
    {
        if (entry.UserId is not null || entry.Outcome != AuditOutcome.Refused)
        {
            return true;
        }

        var network = NetworkOf(entry.Address);
        lock (_gate)
        {
            if (IsOver)
            {
                _windowStart = time.GetTimestamp();
                _count = 0;
                _byNetwork.Clear();
            }

            var ofNetwork = _byNetwork.GetValueOrDefault(network);
            if (_count >= perMinute || ofNetwork >= Math.Max(1, perMinute / ShareOfOneAddress))
            {
                _leftOut++;
                return false;
            }

            _count++;
            _byNetwork[network] = ofNetwork + 1;
            return true;
        }
    }

    /// <summary>How many were left out and not told yet, once their minute is over; 0 before.</summary>
    public long TakeLeftOut(bool isLast)
    {
        lock (_gate)
        {
            var told = isLast || IsOver ? _leftOut : 0;
            _leftOut -= told;
            return told;
        }
    }

    /// <summary>Counts what was taken and could not be told.</summary>
    public void GiveBack(long leftOut)
    {
        lock (_gate)
        {
            _leftOut += leftOut;
        }
    }

    private bool IsOver => time.GetElapsedTime(_windowStart) >= Window;

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
