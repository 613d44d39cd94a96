namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>
/// Whether some folders take up more of the disk than they may. Measuring them costs time, so that it is done when the
/// disk has less room than at the last time, or after a minute.
/// </summary>
/// <remarks>
/// Folders that hold too much already when a process starts may grow by a little, and no more: that process may be the
/// one that is to delete something.
/// </remarks>
internal sealed class DiskGauge
{
    private const long LeastGrowth = 16L << 20;
    private const int GrowthParts = 64;
    private const int NoticedParts = 32;
    private const long MostUnnoticed = 64L << 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(500);

    private readonly IReadOnlyList<string> _folders;
    private readonly TimeProvider _time;
    private bool _isMeasuring;
    private long? _bound;
    private long _freeBefore;
    private long _measuredAt;

    public DiskGauge(long limit, IReadOnlyList<string> folders, TimeProvider time)
    {
        (Limit, _folders, _time) = (limit, folders, time);
        (_freeBefore, _measuredAt) = (Free(), time.GetTimestamp());
    }

    /// <summary>Bytes that they may take up together.</summary>
    public long Limit { get; }

    /// <summary>Whether it is time to measure.</summary>
    public bool IsDue
    {
        get
        {
            if (Volatile.Read(ref _isMeasuring))
            {
                return false;
            }

            var since = _time.GetElapsedTime(_measuredAt);
            return since > LongestPause || (since > ShortestPause && _freeBefore - Free() > Math.Min(Limit / NoticedParts, MostUnnoticed));
        }
    }

    /// <summary>Measures, and says whether it is too much.</summary>
    /// <param name="processes">Those whose open files count even when they have no name any more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> IsExceededAsync(IReadOnlyList<int> processes, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _isMeasuring, true);
        try
        {
            var free = Free();
            var used = await DiskUsage.MeasureAsync(_folders, cancellationToken) + DiskUsage.OfNameless(processes, _folders);
            _bound ??= used <= Limit ? Limit : used + Math.Max(Limit / GrowthParts, LeastGrowth);
            (_freeBefore, _measuredAt) = (free, _time.GetTimestamp());
            return used > _bound;
        }
        finally
        {
            Volatile.Write(ref _isMeasuring, false);
        }
    }

    private long Free() => Directory.Exists(_folders[0]) ? new DriveInfo(_folders[0]).AvailableFreeSpace : 0;
}
