namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>Measures folders.</summary>
/// <returns>Bytes on the disk, of files without a name too that the processes have open.</returns>
internal delegate Task<long> DiskMeasure(IReadOnlyList<string> folders, IReadOnlyList<int> processes, CancellationToken cancellationToken);

/// <summary>
/// Whether some folders take up more of the disk than they may. Measuring them costs time, so that it is done when the
/// disk has less room than at the last time, or after a minute. Where it cannot be done in time it is given up, and tried
/// again with more time after a longer and longer while.
/// </summary>
/// <remarks>
/// Folders that hold too much already when a process starts may grow by a little: that process may be the one that is to
/// delete something. This little is added to the limit and not to what they hold, so that no number of starts adds up; beyond
/// that it is given for a few tries only. What was deleted is not given back.
/// </remarks>
internal sealed class DiskGauge
{
    private const long LeastGrowth = 16L << 20;
    private const int GrowthParts = 64;
    private const int NoticedParts = 32;
    private const long MostUnnoticed = 64L << 20;
    private const int MostDoublings = 4;
    private static readonly TimeSpan ShortestDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(500);

    private readonly string _name;
    private readonly IReadOnlyList<string> _folders;
    private readonly DiskTries _tries;
    private readonly TimeProvider _time;
    private readonly DiskMeasure _measure;
    private bool _isMeasuring;
    private bool _isTry;
    private int _failures;
    private long _triedAt;
    private long _bound = long.MaxValue;
    private long _freeBefore;
    private long _measuredAt;

    public DiskGauge(string name, long limit, IReadOnlyList<string> folders, DiskTries tries, TimeProvider time, DiskMeasure? measure = null)
    {
        (_name, Limit, _folders, _tries, _time) = (name, limit, folders, tries, time);
        _measure = measure ?? DiskUsage.MeasureAsync;
        (_freeBefore, _measuredAt) = (Free(), time.GetTimestamp());
    }

    /// <summary>Bytes that they may take up together.</summary>
    public long Limit { get; }

    private long Growth => Math.Max(Limit / GrowthParts, LeastGrowth);

    private long Ceiling => Limit + Growth;

    /// <summary>Whether the last time took long or was given up.</summary>
    public bool IsSlow { get; private set; }

    /// <summary>When it was tried the last time; a timestamp.</summary>
    public long TriedAt => _triedAt;

    /// <summary>How often in a row it could not be measured.</summary>
    public int Failures => _failures;

    private int Doublings => Math.Min(_failures, MostDoublings);

    /// <summary>Whether it is time to measure.</summary>
    public bool IsDue
    {
        get
        {
            if (Volatile.Read(ref _isMeasuring))
            {
                return false;
            }

            if (_failures > 0)
            {
                return _time.GetElapsedTime(_triedAt) > LongestPause * (1 << (Doublings - 1));
            }

            var since = _time.GetElapsedTime(_measuredAt);
            return since > LongestPause || (since > ShortestPause && _freeBefore - Free() > Math.Min(Limit / NoticedParts, MostUnnoticed));
        }
    }

    /// <summary>Measures, and says whether it is too much.</summary>
    /// <param name="processes">Those whose open files count even when they have no name any more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TimeoutException">It took too long: 10 s, and twice as long after each failure, up to 160 s.</exception>
    public async Task<bool> IsExceededAsync(IReadOnlyList<int> processes, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _isMeasuring, true);
        _triedAt = _time.GetTimestamp();
        try
        {
            var free = Free();
            var used = await MeasureAsync(processes, cancellationToken);
            (_freeBefore, _measuredAt, _failures) = (free, _time.GetTimestamp(), 0);
            return IsExceeded(used);
        }
        catch
        {
            _failures++;
            throw;
        }
        finally
        {
            IsSlow = _failures > 0 || _time.GetElapsedTime(_triedAt) > Quick;
            Volatile.Write(ref _isMeasuring, false);
        }
    }

    private async Task<long> MeasureAsync(IReadOnlyList<int> processes, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ShortestDeadline * (1 << Doublings), _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await _measure(_folders, processes, both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("It holds too many files to be measured in time.", e);
        }
    }

    private bool IsExceeded(long used)
    {
        var isFirst = _bound == long.MaxValue;
        if (used <= Ceiling)
        {
            _tries.GiveBack(_name);
        }
        else if (isFirst)
        {
            _isTry = !_tries.AreUsedUp(_name);
        }

        _bound = Math.Min(_bound, BoundFor(used));
        if (used <= _bound)
        {
            return false;
        }

        if (_isTry)
        {
            _isTry = false;
            _tries.Use(_name);
        }

        return true;
    }

    private long BoundFor(long used) => used switch
    {
        _ when used <= Limit => Limit,
        _ when used <= Ceiling || !_isTry => Ceiling,
        _ => used + Growth,
    };

    private long Free() => Directory.Exists(_folders[0]) ? new DriveInfo(_folders[0]).AvailableFreeSpace : 0;
}
