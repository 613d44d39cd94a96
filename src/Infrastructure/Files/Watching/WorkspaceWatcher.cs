using System.Collections.Concurrent;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Files.Watching;

/// <summary>Watches the workspaces of running sessions, and tells of all changes: those that it sees, and those that the server makes itself.</summary>
internal sealed partial class WorkspaceWatcher(
    WorkspaceFolders folders,
    WorkspaceLimitBook limits,
    WorkspaceLocks locks,
    MeasuredTotals measured,
    IWorkspaceObserver observer,
    TimeProvider time,
    ILogger<WorkspaceWatcher> logger) : IWorkspaceWatch, IDisposable
{
    private readonly ConcurrentDictionary<SessionId, WatchedWorkspace> _watched = new();
    private readonly ConcurrentDictionary<SessionId, ChangeWindow> _windows = new();
    private bool _hasSaidWhyNot;

    public async Task OpenAsync(SessionId session, CancellationToken cancellationToken)
    {
        var may = await limits.OfAsync(session, cancellationToken);
        using var turn = await locks.EnterAsync(session, cancellationToken);
        if (_watched.ContainsKey(session))
        {
            return;
        }

        var root = folders.OpenRoot(session, out var error) ?? throw new PosixException("open", error);
        var inotify = Inotify.TryOpen(out error);
        var workspace = new WatchedWorkspace(session, root, inotify, may, locks, WindowOf(session), observer, time, logger);
        try
        {
            workspace.Begin(cancellationToken);
        }
        catch
        {
            workspace.Dispose();
            throw;
        }

        _watched[session] = workspace;
        measured.Forget(session);
        SayWhyNot(inotify is null ? error : workspace.Obstacle);
    }

    public async Task CloseAsync(SessionId session)
    {
        using var turn = await locks.EnterAsync(session, CancellationToken.None);
        if (_watched.TryRemove(session, out var workspace))
        {
            workspace.Close();
            SayWhyNot(workspace.Obstacle);
            measured.Forget(session);
            WindowOf(session).Flush();
        }
    }

    /// <summary>What a watched workspace holds; null when it is not watched.</summary>
    public WorkspaceTotals? TotalsOf(SessionId session) => _watched.TryGetValue(session, out var workspace) ? workspace.Totals : null;

    /// <summary>The server changed a file, within the workspace's lock.</summary>
    public void Changed(SessionId session, WorkspacePath path, FileChange change)
    {
        if (_watched.TryGetValue(session, out var workspace))
        {
            workspace.Look(path);
        }
        else
        {
            WindowOf(session).Add(path.Value, change);
        }
    }

    /// <summary>The workspace is gone.</summary>
    public void Forget(SessionId session)
    {
        measured.Forget(session);
        if (_windows.TryRemove(session, out var window))
        {
            window.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var workspace in _watched.Values)
        {
            workspace.Dispose();
        }

        foreach (var window in _windows.Values)
        {
            window.Dispose();
        }
    }

    private ChangeWindow WindowOf(SessionId session) =>
        _windows.GetOrAdd(session, id => new ChangeWindow((files, isTruncated) => TellAsync(id, files, isTruncated), time));

    private async Task TellAsync(SessionId session, IReadOnlyList<ChangedFile> files, bool isTruncated)
    {
        try
        {
            await observer.OnChangedAsync(session, files, isTruncated);
        }
        catch (Exception exception)
        {
            LogNotTold(logger, exception, session);
        }
    }

    private void SayWhyNot(Errno? obstacle)
    {
        if (obstacle is { } error && !Interlocked.Exchange(ref _hasSaidWhyNot, true))
        {
            LogLooksAgainAndAgain(logger, new PosixException("inotify", error).Message);
        }
    }

    [LoggerMessage(2652, LogLevel.Warning, "The kernel has no more watches for workspaces, so that some are looked at as a whole every few seconds; raise fs.inotify.max_user_watches and fs.inotify.max_user_instances. {Why}")]
    private static partial void LogLooksAgainAndAgain(ILogger logger, string why);

    [LoggerMessage(2653, LogLevel.Warning, "Session {SessionId}: changes in its workspace could not be told")]
    private static partial void LogNotTold(ILogger logger, Exception exception, SessionId sessionId);
}
