using Claudy.Application.Audit;

namespace Claudy.Infrastructure.Audit;

/// <summary>Keeps callers that are not signed in from filling the disk with refusals; what is left out is counted.</summary>
internal sealed class AuditThrottle(int perMinute, TimeProvider time)
{
    private const int ShareOfOneAddress = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _byAddress = new(StringComparer.Ordinal);
    private long _windowStart = time.GetTimestamp();
    private int _count;
    private long _suppressed;

    /// <summary>The entry to record, telling how many were left out before it; null when it is itself.</summary>
    public AuditEntry? Admit(AuditEntry entry)
    {
        if (entry.UserId is not null || entry.Outcome != AuditOutcome.Refused)
        {
            return entry;
        }

        lock (_gate)
        {
            if (time.GetElapsedTime(_windowStart) >= Window)
            {
                _windowStart = time.GetTimestamp();
                _count = 0;
                _byAddress.Clear();
            }

            var address = entry.Address ?? "";
            var ofAddress = _byAddress.GetValueOrDefault(address);
            if (_count >= perMinute || ofAddress >= Math.Max(1, perMinute / ShareOfOneAddress))
            {
                _suppressed++;
                return null;
            }

            _count++;
            _byAddress[address] = ofAddress + 1;
            return TellSuppressed(entry);
        }
    }

    private AuditEntry TellSuppressed(AuditEntry entry)
    {
        if (_suppressed == 0)
        {
            return entry;
        }

        var told = entry with { Details = [.. entry.Details, new("left_out_before", _suppressed.ToString(System.Globalization.CultureInfo.InvariantCulture))] };
        _suppressed = 0;
        return told;
    }
}
