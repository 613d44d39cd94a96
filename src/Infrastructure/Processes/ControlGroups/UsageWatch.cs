using System.Collections.Concurrent;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>
/// Looks at all groups again and again: at the kernel's counters five times a second, which costs two reads each, and at the
/// disk one group after another, with a pause after each that is three times as long as the look took.
/// </summary>
internal sealed partial class UsageWatch : IDisposable
{
    private const int RestPerWork = 3;
    private static readonly TimeSpan CounterInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan DiskInterval = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<ControlGroup, byte> _groups = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _counters;
    private readonly ITimer _disks;
    private bool _looksAtDisks;

    public UsageWatch(TimeProvider time, ILogger logger)
    {
        (_time, _logger) = (time, logger);
        _counters = time.CreateTimer(_ => LookAtCounters(), null, CounterInterval, CounterInterval);
        _disks = time.CreateTimer(LookAtDisks, null, DiskInterval, DiskInterval);
    }

    /// <summary>Those of all groups.</summary>
    public DiskTries DiskTries { get; } = new();

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

    private void LookAtDisks(object? state) => _ = LookAtDisksAsync();

    private async Task LookAtDisksAsync()
    {
        if (Interlocked.Exchange(ref _looksAtDisks, true))
        {
            return; // The last round is not over.
        }

        try
        {
            foreach (var group in _groups.Keys)
            {
                if (group.Disk is { } disk && disk.IsDue)
                {
                    var began = _time.GetTimestamp();
                    await LookAtDiskAsync(group, disk);
                    await Task.Delay(_time.GetElapsedTime(began) * RestPerWork, _time, _stopping.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The server ends.
        }
        finally
        {
            Volatile.Write(ref _looksAtDisks, false);
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
            LogNotMeasured(_logger, group.Bounds.Name, e);
        }
    }

    [LoggerMessage(1261, LogLevel.Warning, "What {Name} takes up on the disk could not be measured")]
    private static partial void LogNotMeasured(ILogger logger, string name, Exception exception);
}
