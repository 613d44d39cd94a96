using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>
/// One process with all that it starts, held to its bounds: what cannot be limited otherwise is watched, and over-use
/// ends it. Where there are no control groups it is only watched.
/// </summary>
internal sealed partial class ControlGroup
{
    private const string EnterAndRun = "while [ \"$1\" != -- ]; do echo 0 >\"$1\" || exit 126; shift; done; shift; exec \"$@\"";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<GroupFolder> _folders;
    private readonly UsageWatch _watch;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private Action? _end;
    private ExceededLimit? _exceeded;

    public ControlGroup(ResourceBounds bounds, IReadOnlyList<GroupFolder> folders, UsageWatch watch, TimeProvider time, ILogger logger)
    {
        (Bounds, _folders, _watch, _time, _logger) = (bounds, folders, watch, time, logger);
        Disk = bounds is { MaxDiskBytes: { } max, Folders: [_, ..] } ? new DiskGauge(bounds.Name, max, bounds.Folders, watch.DiskTries, time, watch.MeasureDisk) : null;
        watch.Add(this);
    }

    public ResourceBounds Bounds { get; }

    /// <summary>What the process takes up on the disk; null when that is not limited.</summary>
    public DiskGauge? Disk { get; }

    /// <summary>
    /// A command line that enters the group and then becomes the one that is put after it, by the same process id: so
    /// nothing that is started can be outside. Empty where there are no control groups.
    /// </summary>
    public IReadOnlyList<string> EntryCommand =>
        _folders.Count == 0 ? [] : ["/bin/sh", "-c", EnterAndRun, "enter", .. _folders.Select(folder => folder.Entry), "--"];

    /// <summary>All that are in it.</summary>
    public IReadOnlyList<int> Processes => _folders.Count == 0 ? [] : GroupTree.ProcessesOf(_folders[0].Path);

    /// <summary>Says how to end the process that was started; called once a limit is exceeded.</summary>
    public void OnExceeded(Action end)
    {
        lock (_lock)
        {
            if (_exceeded is null)
            {
                _end = end;
                return;
            }
        }

        end();
    }

    /// <summary>Ends all that is in it when the kernel counted over-use.</summary>
    public void Look()
    {
        foreach (var folder in _folders)
        {
            if (folder.Exceeded() is { } resource)
            {
                Exceed(new ExceededLimit(resource, resource == LimitedResource.Memory ? Bounds.MaxMemoryBytes ?? 0 : Bounds.MaxProcesses ?? 0));
                return;
            }
        }
    }

    /// <summary>Ends all that is in it for a limit; the first one counts.</summary>
    public void Exceed(ExceededLimit limit)
    {
        Action? end;
        lock (_lock)
        {
            if (_exceeded is not null)
            {
                return;
            }

            _exceeded = limit;
            end = _end;
        }

        foreach (var folder in _folders)
        {
            GroupTree.Kill(folder.Path);
        }

        end?.Invoke();
    }

    /// <summary>Kills whatever is in it still, waits until nothing is left, and removes it. Never faults.</summary>
    /// <returns>The limit that was exceeded, if one was.</returns>
    public async Task<ExceededLimit?> EndAsync()
    {
        // Now, since what was ended by the kernel may not have been seen, and what follows is refused on purpose.
        Look();
        _watch.Remove(this);
        var began = _time.GetTimestamp();
        var pause = FirstPause;
        while (!_folders.All(folder => GroupTree.TryRemove(folder.Path)))
        {
            if (_time.GetElapsedTime(began) > Patience)
            {
                LogNotRemoved(_logger, Bounds.Name, string.Join(", ", _folders.Select(folder => folder.Path).Where(Directory.Exists)));
                break;
            }

            await Task.Delay(pause, _time);
            pause = pause < LongestPause ? pause * 2 : pause;
        }

        foreach (var folder in _folders)
        {
            folder.Dispose();
        }

        lock (_lock)
        {
            return _exceeded;
        }
    }

    [LoggerMessage(1260, LogLevel.Warning, "The control group of {Name} could not be emptied and removed: {Groups}")]
    private static partial void LogNotRemoved(ILogger logger, string name, string groups);
}
