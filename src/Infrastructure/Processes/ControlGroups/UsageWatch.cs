using System.Collections.Concurrent;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>
/// Looks at all groups again and again: at the kernel's counters five times a second, which costs two reads each, and at the
/// disk one group after another, with a pause after each that is three times as long as the look took. Those whose disk takes
/// long to look at are one after another among themselves, and keep none of the others.
/// </summary>
internal sealed partial class UsageWatch : IDisposable
{
    private const int RestPerWork = 3;
    private static readonly TimeSpan CounterInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan DiskInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ControlGroup, byte> _groups = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _counters;
    private readonly ITimer _disks;
    private bool _looksAtDisks;
    private bool _looksAtSlowDisks;

    public UsageWatch(TimeProvider time, ILogger logger, DiskMeasure? measure = null)
    {
        (_time, _logger, MeasureDisk) = (time, logger, measure);
        _counters = time.CreateTimer(_ => LookAtCounters(), null, CounterInterval, CounterInterval);
        _disks = time.CreateTimer(LookAtDisks, null, DiskInterval, DiskInterval);
    }

    /// <summary>Those of all groups.</summary>
    public DiskTries DiskTries { get; } = new();

    /// <summary>How disks are measured; null for as usual.</summary>
    public DiskMeasure? MeasureDisk { get; }

    public void Add(ControlGroup group)
    {
        _groups.TryAdd(group, 0);
        if (group.Disk is not null)
        {
            // What is there already, before the process adds to it.
            _ = LookAtDiskAsync(group, group.Disk);
        }
    }

    public void Remove(ControlGroup group) => _groups.TryRemove(group, out _);

    public void Dispose()
    {
        _counters.Dispose();
        _disks.Dispose();
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private void LookAtCounters()
    {
        foreach (var group in _groups.Keys)
        {
            group.Look();
        }
    }

    private void LookAtDisks(object? state)
    {
        if (!Interlocked.Exchange(ref _looksAtDisks, true))
        {
            _ = LookAtQuickDisksAsync();
        }

        if (!Interlocked.Exchange(ref _looksAtSlowDisks, true))
        {
            _ = LookAtSlowDiskAsync();
        }
    }

    private async Task LookAtQuickDisksAsync()
    {
        foreach (var group in _groups.Keys.Where(group => group.Disk is { IsSlow: false, IsDue: true }))
        {
            await LookAndRestAsync(group);
        }

        Volatile.Write(ref _looksAtDisks, false);
    }

    private async Task LookAtSlowDiskAsync()
    {
        if (_groups.Keys.Where(group => group.Disk is { IsSlow: true, IsDue: true }).MinBy(group => group.Disk!.TriedAt) is { } group)
        {
            await LookAndRestAsync(group);
        }

        Volatile.Write(ref _looksAtSlowDisks, false);
    }

    private async Task LookAndRestAsync(ControlGroup group)
    {
        var began = _time.GetTimestamp();
        await LookAtDiskAsync(group, group.Disk!);
        var rest = _time.GetElapsedTime(began) * RestPerWork;
        try
        {
            await Task.Delay(rest < LongestRest ? rest : LongestRest, _time, _stopping.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The server ends.
        }
    }

    private async Task LookAtDiskAsync(ControlGroup group, DiskGauge disk)
    {
        try
        {
            if (await disk.IsExceededAsync(group.Processes, _stopping.Token) && _groups.ContainsKey(group))
            {
                group.Exceed(new ExceededLimit(LimitedResource.Disk, disk.Limit));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The server ends.
        }
#pragma warning disable CA1031 // One look that fails must not end the watch.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (disk.Failures == 1)
            {
                LogNotMeasured(_logger, group.Bounds.Name, e.Message);
            }
        }
    }

    [LoggerMessage(1261, LogLevel.Warning, "What {Name} takes up on the disk could not be measured; it is tried again less and less often: {Why}")]
    private static partial void LogNotMeasured(ILogger logger, string name, string why);
}
