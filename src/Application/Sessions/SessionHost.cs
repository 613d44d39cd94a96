using System.Collections.Concurrent;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>The sessions that this node runs: takes them up when a command comes, and all down at the end.</summary>
internal sealed partial class SessionHost(
    SessionRunnerFactory factory,
    SessionRemoval removal,
    ISessionInbox inbox,
    ISessionStore store,
    TimeProvider time,
    ILogger<SessionHost> logger) : IHostedLifecycleService, IDisposable
{
    private const int MaxTries = 5;
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SessionId, Lazy<Task<Result<HostedSession>>>> _runners = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _recovering = Task.CompletedTask;

    /// <summary>How many sessions are up on this node.</summary>
    public int Count => _runners.Count;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        inbox.Listen(HandleAsync);
        return Task.CompletedTask;
    }

    /// <summary>Settles what an earlier server left open, and goes on with messages that wait.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _recovering = RecoverAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no more commands and puts all sessions to sleep, before anything else of the server goes away.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _recovering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_runners.Select(entry => PutDownAsync(entry.Key, entry.Value, cancellationToken)));
    }

    public void Dispose() => _stopping.Dispose();

    private async Task<Result<SessionReply>> HandleAsync(SessionId session, SessionCommand command, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (_stopping.IsCancellationRequested)
            {
                return RequestErrors.ShuttingDown();
            }

            var hosted = await TakeUpAsync(session);
            if (hosted.Error is { Status: ResultStatus.NotFound } && command is SessionCommand.Delete)
            {
                // Marked as it is, none can be taken up any more: nothing runs or writes.
                return await removal.RemoveAsync(session, cancellationToken);
            }

            if (!hosted.IsSuccess)
            {
                return hosted.Error;
            }

            var reply = await hosted.Value.Runner.SendAsync(command, cancellationToken);
            if (reply is not null && command is not SessionCommand.Delete)
            {
                return reply;
            }

            // That runner ended just then: the next one takes the command. One that is to be deleted must end first.
            await hosted.Value.Gone.WaitAsync(cancellationToken);
        }

        return SessionErrors.Moved();
    }

    private async Task<Result<HostedSession>> TakeUpAsync(SessionId session)
    {
        var lazy = _runners.GetOrAdd(session, id => new Lazy<Task<Result<HostedSession>>>(
            () => CreateAsync(id)));
        try
        {
            var hosted = await lazy.Value;
            if (!hosted.IsSuccess)
            {
                _runners.TryRemove(KeyValuePair.Create(session, lazy));
            }

            return hosted;
        }
        catch
        {
            _runners.TryRemove(KeyValuePair.Create(session, lazy));
            throw;
        }
    }

    private async Task<Result<HostedSession>> CreateAsync(SessionId session)
    {
        var hosted = await factory.CreateAsync(session, () => _runners.TryRemove(session, out _), CancellationToken.None);
        if (hosted.IsSuccess)
        {
            _ = TakeUpAgainAsync(session, hosted.Value, _stopping.Token);
        }

        return hosted;
    }

    // What was under way when the store failed is settled, and what waits goes on, without anyone asking: those who watch
    // would see an answer that never ends.
    private async Task TakeUpAgainAsync(SessionId session, HostedSession hosted, CancellationToken stopping)
    {
        try
        {
            await hosted.Gone;
            for (var isDown = hosted.Runner.HasLostStore; isDown;)
            {
                await Task.Delay(StoreRetry, time, stopping);
                isDown = !await TryTakeUpAsync(session);
            }
        }
        catch (OperationCanceledException)
        {
            // The next start settles it.
        }
        catch (Exception exception)
        {
            LogNotRecovered(exception, session);
        }
    }

    // The runner sees to it by itself when the store fails it again.
    private async Task<bool> TryTakeUpAsync(SessionId session)
    {
        try
        {
            await TakeUpAsync(session);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    private async Task PutDownAsync(SessionId session, Lazy<Task<Result<HostedSession>>> lazy, CancellationToken cancellationToken)
    {
        try
        {
            if (await lazy.Value is { IsSuccess: true, Value: var hosted })
            {
                await hosted.Runner.StopAsync("server_stopped", cancellationToken);
                await hosted.Gone.WaitAsync(cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // The others must be put to sleep all the same.
            LogNotPutDown(exception, session);
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var session in await store.ListUnsettledAsync(cancellationToken))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    return;
                }

                await RecoverAsync(session);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogRecoveryFailed(exception);
        }
        catch (OperationCanceledException)
        {
            // The next start goes on.
        }
    }

    private async Task RecoverAsync(SessionId session)
    {
        try
        {
            await TakeUpAsync(session);
        }
        catch (Exception exception)
        {
            // One that cannot be read must not keep the others down.
            LogNotRecovered(exception, session);
        }
    }

    [LoggerMessage(220, LogLevel.Error, "Sessions that an earlier run left open could not be recovered; each is when it is next used")]
    private partial void LogRecoveryFailed(Exception exception);

    [LoggerMessage(221, LogLevel.Error, "Session {SessionId}, which an earlier run left open, could not be taken up")]
    private partial void LogNotRecovered(Exception exception, SessionId sessionId);

    [LoggerMessage(222, LogLevel.Error, "Session {SessionId} could not be put to sleep in time; the next start settles it")]
    private partial void LogNotPutDown(Exception exception, SessionId sessionId);
}
