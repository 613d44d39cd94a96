using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Files.Watching;

/// <summary>
/// One workspace whose processes run. Ten times a second it reads what the kernel has to tell, which costs a call when that is
/// nothing, and looks where something changed. Where the kernel forgot something, or has no more watches, it looks at everything.
/// </summary>
internal sealed partial class WatchedWorkspace : IDisposable
{
    private const int MaxReads = 64;
    private const int RestPerWork = 20;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly SessionId _session;
    private readonly DirectoryHandle _root;
    private readonly WorkspaceLimits _limits;
    private readonly WorkspaceLocks _locks;
    private readonly IWorkspaceObserver _observer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly WorkspaceTree _tree;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly Dictionary<IndexedFolder, HashSet<string>> _dirty = [];
    private Inotify? _inotify;
    private ITimer? _timer;
    private long _lookedAt;
    private TimeSpan _rest = ShortestRest;
    private WorkspaceUsage? _told;
    private long? _checkedAt;
    private bool _isTicking;
    private bool _isChecking;
    private bool _hasForgotten;

    public WatchedWorkspace(
        SessionId session,
        DirectoryHandle root,
        Inotify? inotify,
        WorkspaceLimits limits,
        WorkspaceLocks locks,
        ChangeWindow window,
        IWorkspaceObserver observer,
        TimeProvider time,
        ILogger logger)
    {
        _closed = _closing.Token;
        (_session, _root, _inotify, _limits, _locks, _observer, _time, _logger) = (session, root, inotify, limits, locks, observer, time, logger);
        _tree = new WorkspaceTree(root, inotify, (2 * limits.MaxFiles) + 10_000, window.Add);
    }

    /// <summary>Why it has to look at everything again and again; null while the kernel tells.</summary>
    public Errno? Obstacle { get; private set; }

    /// <summary>What it holds as far as is known.</summary>
    public WorkspaceTotals Totals
    {
        get
        {
            lock (_gate)
            {
                return _tree.Totals;
            }
        }
    }

    /// <summary>Learns what is there, and begins.</summary>
    public void Begin(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _tree.Begin(cancellationToken);
            LookedAtAll(_time.GetTimestamp());
        }

        _timer = _time.CreateTimer(_ => Tick(), null, TimeSpan.Zero, Interval);
    }

    /// <summary>The server itself changed something: known at once, and not told again when the kernel tells of it.</summary>
    public void Look(WorkspacePath path)
    {
        lock (_gate)
        {
            try
            {
                // Under what name it came here, before it got its own, must not count any more.
                Read(_closed);
                _tree.Look(path, _closed);
            }
            catch (IOException exception)
            {
                // What the server did is done, whether or not it can be seen.
                _hasForgotten = true;
                LogNotSeen(_logger, exception, _session);
            }
        }
    }

    /// <summary>Sees the last of it.</summary>
    public void Close()
    {
        _timer?.Dispose();
        try
        {
            lock (_gate)
            {
                Read(CancellationToken.None);
            }
        }
        catch (IOException exception)
        {
            LogNotSeen(_logger, exception, _session);
        }

        Dispose();
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _closing.Cancel();
        lock (_gate)
        {
            _inotify?.Dispose();
            _inotify = null;
            _root.Dispose();
        }

        _closing.Dispose();
    }

    private void Tick()
    {
        if (Interlocked.Exchange(ref _isTicking, true))
        {
            return;
        }

        try
        {
            lock (_gate)
            {
                if (!_closed.IsCancellationRequested)
                {
                    Read(_closed);
                }
            }

            CheckQuota();
        }
        catch (OperationCanceledException)
        {
            // It is being closed.
        }
        catch (IOException exception)
        {
            // The next time may do better; until then nothing is believed.
            _hasForgotten = true;
            LogNotSeen(_logger, exception, _session);
        }
        finally
        {
            Volatile.Write(ref _isTicking, false);
        }
    }

    private void Read(CancellationToken cancellationToken)
    {
        var reads = 0;
        while (reads < MaxReads && _inotify?.Read(Note) == true)
        {
            reads++;
        }

        if (_hasForgotten || ((_inotify is null || _tree.IsTooLarge) && _time.GetElapsedTime(_lookedAt) >= _rest))
        {
            _hasForgotten = false;
            _dirty.Clear();
            var began = _time.GetTimestamp();
            _tree.Reconcile(cancellationToken);
            LookedAtAll(began);
            return;
        }

        foreach (var (folder, names) in _dirty)
        {
            _tree.Look(folder, names, cancellationToken);
        }

        _dirty.Clear();
        GiveUpOnKernelIfIncomplete();
    }

    private void Note(InotifyEvent happened)
    {
        if (happened.IsOverflow)
        {
            if (!_hasForgotten)
            {
                LogOverflow(_logger, _session);
            }

            _hasForgotten = true;
        }
        else if (happened.Name.Length > 0 && _tree.FolderOf(happened.Watch) is { } folder)
        {
            if (!_dirty.TryGetValue(folder, out var names))
            {
                names = new HashSet<string>(StringComparer.Ordinal);
                _dirty.Add(folder, names);
            }

            names.Add(happened.Name);
        }
    }

    private void LookedAtAll(long began)
    {
        _lookedAt = _time.GetTimestamp();
        var rest = _time.GetElapsedTime(began) * RestPerWork;
        _rest = rest > ShortestRest ? rest : ShortestRest;
        GiveUpOnKernelIfIncomplete();
    }

    // Half of the folders watched would look as if nothing happened in the others.
    private void GiveUpOnKernelIfIncomplete()
    {
        if (_inotify is not null && _tree.WatchError != Errno.None)
        {
            Obstacle = _tree.WatchError;
            _inotify.Dispose();
            _inotify = null;
        }
    }

    private void CheckQuota()
    {
        bool isTooLarge;
        WorkspaceUsage usage;
        lock (_gate)
        {
            (usage, isTooLarge) = (_limits.UsageOf(_tree.Totals), _tree.IsTooLarge);
        }

        if (!usage.IsExceeded && !isTooLarge)
        {
            _told = null;
            return;
        }

        if (Volatile.Read(ref _isChecking)
            || (_told is { } told && !usage.IsMoreThan(told))
            || (_checkedAt is { } last && _time.GetElapsedTime(last) < CheckInterval))
        {
            return;
        }

        Volatile.Write(ref _isChecking, true);
        _ = CheckAsync(_closed);
    }

    // What the server is just putting in place counts for a moment beside what it replaces: only what is there between two
    // writes is too much.
    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            WorkspaceUsage usage;
            using (await _locks.EnterAsync(_session, cancellationToken))
            {
                usage = _limits.UsageOf(TreeUsage.Of(_root, cancellationToken).Totals);
            }

            if (usage.IsExceeded)
            {
                _told = usage;
                await _observer.OnExceededAsync(_session, usage);
            }
        }
        catch (OperationCanceledException)
        {
            // It is being closed.
        }
        catch (Exception exception)
        {
            LogNotSeen(_logger, exception, _session);
        }
        finally
        {
            _checkedAt = _time.GetTimestamp();
            Volatile.Write(ref _isChecking, false);
        }
    }

    [LoggerMessage(2650, LogLevel.Information, "Session {SessionId}: more changed at once than the kernel tells; its workspace is looked at as a whole")]
    private static partial void LogOverflow(ILogger logger, SessionId sessionId);

    [LoggerMessage(2651, LogLevel.Warning, "Session {SessionId}: changes in its workspace could not be looked at; it is tried again")]
    private static partial void LogNotSeen(ILogger logger, Exception exception, SessionId sessionId);
}
