using System.Globalization;
using System.Threading.Channels;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Sessions.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Audit;

/// <summary>
/// The audit log in files. One thread writes: what arrives while the disk is waited for is written together next. What could not be
/// written is kept and tried again.
/// </summary>
internal sealed partial class FileAuditLog : IAuditLog, IAsyncDisposable
{
    private const int QueueCapacity = 4096;
    private const int MaxBatch = 256;
    private const int MaxKept = 4096;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    private readonly AuditChain _chain;
    private readonly AuditThrottle _throttle;
    private readonly TimeSpan _headInterval;
    private readonly TimeProvider _time;
    private readonly ILogger<FileAuditLog> _logger;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(QueueCapacity) { SingleReader = true });
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TimedEntry> _kept = [];
    private readonly ITimer _retry;
    private readonly ITimer _telling;
    private AuditHead _toldHead = AuditHead.None;
    private AuditHead _head = AuditHead.None;
    private long _toldAt;
    private long _lost;
    private volatile bool _isFailing;

    public FileAuditLog(IOptions<AuditOptions> options, TimeProvider time, ILogger<FileAuditLog> logger)
    {
        var (path, maxFileBytes) = (options.Value.Path, options.Value.MaxFileBytes);
        _chain = new AuditChain(path, maxFileBytes, Environment.MachineName, time);
        _throttle = new AuditThrottle(options.Value.MaxRefusalsPerMinute, time);
        _headInterval = options.Value.HeadInterval;
        _time = time;
        _logger = logger;
        _toldAt = time.GetTimestamp();
        _retry = time.CreateTimer(Wake, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var interval = _headInterval < AuditThrottle.Window ? _headInterval : AuditThrottle.Window;
        _telling = time.CreateTimer(Wake, this, interval, interval);

        // A thread of its own: it blocks until the disk has answered.
        new Thread(Run) { IsBackground = true, Name = "claudy-audit-writer" }.Start();
    }

    public Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken) =>
        WriteAsync(new TimedEntry(entry, _time.GetUtcNow()), cancellationToken);

    public void Post(AuditEntry entry)
    {
        if (_throttle.Admits(entry) && !_queue.Writer.TryWrite(new Pending(new TimedEntry(entry, _time.GetUtcNow()), null)))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    public ValueTask EnsureWritableAsync(CancellationToken cancellationToken) =>
        _isFailing ? new ValueTask(WriteAsync(null, cancellationToken)) : ValueTask.CompletedTask;

    /// <summary>Writes what waits, tells where the chain stands, and lets go of the files.</summary>
    public async ValueTask DisposeAsync()
    {
        await _retry.DisposeAsync();
        await _telling.DisposeAsync();
        _queue.Writer.TryComplete();
        await _finished.Task;
    }

    // The thread writes what is kept and tells the head; a full queue wakes it anyway.
    private static void Wake(object? log) => ((FileAuditLog)log!)._queue.Writer.TryWrite(default);

    private async Task WriteAsync(TimedEntry? entry, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _queue.Writer.WriteAsync(new Pending(entry, done), cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreUnavailableException("The audit log is closed: the server is stopping.", e);
        }

        await done.Task.WaitAsync(cancellationToken);
    }

    private void Run()
    {
        var group = new List<Pending>(MaxBatch);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MaxBatch && _queue.Reader.TryRead(out var pending))
            {
                group.Add(pending);
            }

            Commit(group, isLast: false);
            group.Clear();
            TellHead(isLast: false);
        }

        Commit([], isLast: true);
        TellHead(isLast: true);
        _chain.Dispose();
        _finished.SetResult();
    }

    private void Commit(List<Pending> group, bool isLast)
    {
        var refusals = _throttle.TakeLeftOut(isLast);
        if (group.TrueForAll(static pending => pending is { Entry: null, Done: null }) && _kept.Count == 0 && refusals == 0)
        {
            return;
        }

        var fresh = group.FindAll(static pending => pending.Entry is not null).ConvertAll(static pending => pending.Entry!.Value);
        var lost = Interlocked.Exchange(ref _lost, 0);
        try
        {
            _head = _chain.Append([.. _kept, .. fresh, .. Gap("left_out", lost), .. Gap("refusals_left_out", refusals)]);
        }
        catch (Exception exception)
        {
            Keep(fresh, lost);
            _throttle.GiveBack(refusals);
            LogCannotWrite(exception, _kept.Count);
            _isFailing = true;
            _retry.Change(RetryInterval, Timeout.InfiniteTimeSpan);
            var unavailable = exception as StoreUnavailableException ?? new StoreUnavailableException($"The audit log cannot be written: {exception.Message}", exception);
            group.ForEach(pending => pending.Done?.TrySetException(unavailable));
            return;
        }

        _kept.Clear();
        _isFailing = false;
        group.ForEach(static pending => pending.Done?.TrySetResult());
    }

    private void Keep(List<TimedEntry> fresh, long lost)
    {
        var room = Math.Max(0, MaxKept - _kept.Count);
        _kept.AddRange(fresh.Take(room));
        Interlocked.Add(ref _lost, lost + Math.Max(0, fresh.Count - room));
    }

    private IEnumerable<TimedEntry> Gap(string what, long count) => count == 0
        ? []
        : [new TimedEntry(
            new AuditEntry("audit.gap", AuditOutcome.Failed)
            {
                Credential = AuditCredential.Server,
                Details = new AuditAct("").With(what, count.ToString(CultureInfo.InvariantCulture)).Details,
            },
            _time.GetUtcNow())];

    private void TellHead(bool isLast)
    {
        if (_head.Seq > _toldHead.Seq && (isLast || _toldHead.Seq == 0 || _time.GetElapsedTime(_toldAt) >= _headInterval))
        {
            LogHead(_head.Seq, _head.Hash);
            (_toldHead, _toldAt) = (_head, _time.GetTimestamp());
        }
    }

    /// <summary>Something to write, or only the wish to know whether it can be.</summary>
    private readonly record struct Pending(TimedEntry? Entry, TaskCompletionSource? Done);

    [LoggerMessage(2500, LogLevel.Information, "The audit log stands at record {Seq} with the hash {Hash}")]
    private partial void LogHead(long seq, string hash);

    [LoggerMessage(2501, LogLevel.Error, "The audit log cannot be written; {Count} records wait. Sign-ins, grants and deletions are refused until it can")]
    private partial void LogCannotWrite(Exception exception, int count);
}
