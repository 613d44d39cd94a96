using System.Collections.Concurrent;
using System.Globalization;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>Keeps checkpoints in a bare repository for each session, beside the workspaces, where no session can see it.</summary>
internal sealed partial class GitCheckpoints : IWorkspaceCheckpoints, IDisposable, IAsyncDisposable
{
    // What is beyond these is forgotten, the longest unused first, and found out again when it is wanted.
    private const int MaxRemembered = 512;
    private const int MaxRememberedFiles = 1_000_000;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWork = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRestoring = TimeSpan.FromMinutes(10);

    private readonly WorkspaceFolders _folders;
    private readonly BeneathResolver _resolver;
    private readonly WorkspaceRestorer _restorer;
    private readonly WorkspaceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<GitCheckpoints> _logger;
    private readonly string? _git;
    private readonly ConcurrentDictionary<SessionId, SessionCheckpoints> _sessions = new();

    private long _uses;

    private readonly ConcurrentDictionary<Task, byte> _underWay = new();
    private readonly CancellationTokenSource _stopping = new();

    // Of repositories: a workspace can be worked in while its checkpoint is taken.
    private readonly WorkspaceLocks _locks = new();

    public GitCheckpoints(
        WorkspaceFolders folders,
        BeneathResolver resolver,
        WorkspaceRestorer restorer,
        IOptions<WorkspaceOptions> options,
        TimeProvider time,
        ILogger<GitCheckpoints> logger)
    {
        _restorer = restorer;
        (_folders, _resolver, _options, _time, _logger) = (folders, resolver, options.Value, time, logger);
        _git = GitRepository.FindGit();
        if (_git is null && _options.Checkpoints)
        {
            LogNoGit();
        }
    }

    private bool IsOn => _git is not null && _options.Checkpoints && _folders.CheckpointsPath is not null;

    public async Task TakeAsync(SessionId session, long seq, bool isBeginning, CancellationToken cancellationToken)
    {
        if (!IsOn)
        {
            return;
        }

        var taking = GuardAsync(session, LongestWork, async (checkpoints, token) =>
        {
            await checkpoints.TakeAsync(CheckpointName.Of(seq, isBeginning), token);
            return Result.Success();
        });
        try
        {
            await taking.WaitAsync(LongestWait, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogSlow(session);
        }
    }

    public void Warm(SessionId session)
    {
        if (IsOn)
        {
            _ = GuardAsync(session, LongestWork, async (checkpoints, token) =>
            {
                await checkpoints.WarmAsync(token);
                return Result.Success();
            });
        }
    }

    public async Task<Result<WorkspaceDiff>> DiffAsync(SessionId session, long? sinceSeq, long? untilSeq, CancellationToken cancellationToken) =>
        IsOn
            ? await GuardAsync(session, LongestWork, (checkpoints, token) => checkpoints.DiffAsync(sinceSeq, untilSeq, token)).WaitAsync(cancellationToken)
            : WorkspaceErrors.NoCheckpoints();

    public async Task<Result<RestoredFiles>> RestoreAsync(SessionId session, long seq, CancellationToken cancellationToken) =>
        IsOn
            ? await GuardAsync(session, LongestRestoring, (checkpoints, token) => checkpoints.RestoreAsync(seq, new SessionFiles(_restorer, session), token)).WaitAsync(cancellationToken)
            : WorkspaceErrors.NoCheckpoints();

    public async Task RemoveAsync(SessionId session, CancellationToken cancellationToken)
    {
        if (_folders.CheckpointsPath is not { } path)
        {
            return;
        }

        // Whoever comes after this finds no workspace, and so begins none.
        using var turn = await _locks.EnterAsync(session, cancellationToken);
        _sessions.TryRemove(session, out _);
        WorkspaceFolders.Remove(path, session, cancellationToken);
    }

    private SessionCheckpoints Of(SessionId session)
    {
        var checkpoints = _sessions.GetOrAdd(session, id => new SessionCheckpoints(
            new GitRepository(_git!, Path.Combine(_folders.CheckpointsPath!, id.ToString())), () => _folders.OpenRoot(id, out _), _resolver, _options, _time));
        checkpoints.LastUsed = Interlocked.Increment(ref _uses);
        if (_sessions.Count > MaxRemembered || _sessions.Values.Sum(others => (long)others.KnownFiles) > MaxRememberedFiles)
        {
            var oldest = _sessions.MinBy(one => one.Value.LastUsed);
            _sessions.TryRemove(oldest);
        }

        return checkpoints;
    }

    /// <summary>Ends what is under way; the moment is left out.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>Ends what is under way and waits for that: no git outlives the server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_underWay.Keys);
        _stopping.Dispose();
    }

    private async Task<T> GuardAsync<T>(SessionId session, TimeSpan longest, Func<SessionCheckpoints, CancellationToken, Task<T>> work)
        where T : IResult<T>
    {
        var working = WorkAsync(session, longest, work);
        _underWay[working] = default;
        try
        {
            return await working;
        }
        finally
        {
            _underWay.TryRemove(working, out _);
        }
    }

    private async Task<T> WorkAsync<T>(SessionId session, TimeSpan longest, Func<SessionCheckpoints, CancellationToken, Task<T>> work)
        where T : IResult<T>
    {
        // Neither the session's loop nor what is said to Claude waits for the disk.
        await Task.Yield();
        try
        {
            using var turn = await _locks.EnterAsync(session, _stopping.Token);

            // Of its own work: what it waited for had one too.
            using var deadline = new CancellationTokenSource(longest, _time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
            return await work(Of(session), end.Token);
        }
        catch (Exception exception)
        {
            _sessions.TryRemove(session, out _);
            LogFailed(exception, session);
            return T.Failure(WorkspaceErrors.CheckpointFailed());
        }
    }

    [LoggerMessage(2660, LogLevel.Warning, "git is not installed: there are no checkpoints of workspaces, and no workspace_diff")]
    private partial void LogNoGit();

    [LoggerMessage(2661, LogLevel.Information, "Session {SessionId}: a checkpoint of its workspace takes long; the session goes on meanwhile")]
    private partial void LogSlow(SessionId sessionId);

    [LoggerMessage(2662, LogLevel.Warning, "Session {SessionId}: no checkpoint of its workspace could be taken or compared")]
    private partial void LogFailed(Exception exception, SessionId sessionId);
}

/// <summary>The name of a checkpoint: the event at which it was taken, and whether a turn began with it.</summary>
internal readonly record struct CheckpointName(long Seq, bool IsBeginning)
{
    public const string Prefix = "refs/checkpoints/";
    private const string Beginning = "-begin";

    public string Ref => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Seq:D19}{(IsBeginning ? Beginning : "-end")}");

    public static CheckpointName Of(long seq, bool isBeginning) => new(seq, isBeginning);

    public static CheckpointName Parse(string name) => new(
        long.Parse(name[Prefix.Length..name.LastIndexOf('-')], CultureInfo.InvariantCulture), name.EndsWith(Beginning, StringComparison.Ordinal));
}
