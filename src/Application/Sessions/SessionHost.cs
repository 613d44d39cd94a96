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
    ISessionInbox inbox,
    ISessionStore store,
    ILogger<SessionHost> logger) : IHostedLifecycleService, IDisposable
{
    private const int MaxTries = 5;

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
        await _recovering;
        await Task.WhenAll(_runners.Values.Select(async lazy =>
        {
            if (await lazy.Value is { IsSuccess: true, Value: var hosted })
            {
                await hosted.Runner.StopAsync("server_stopped", cancellationToken);
                await hosted.Gone.WaitAsync(cancellationToken);
            }
        }));
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
            if (!hosted.IsSuccess)
            {
                return hosted.Error;
            }

            if (await hosted.Value.Runner.SendAsync(command, cancellationToken) is { } reply)
            {
                return reply;
            }

            // That runner ended just then: the next one takes the command.
            await hosted.Value.Gone.WaitAsync(cancellationToken);
        }

        return SessionErrors.Moved();
    }

    private async Task<Result<HostedSession>> TakeUpAsync(SessionId session)
    {
        var lazy = _runners.GetOrAdd(session, id => new Lazy<Task<Result<HostedSession>>>(
            () => factory.CreateAsync(id, () => _runners.TryRemove(id, out _), CancellationToken.None)));
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

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var session in await store.ListUnsettledAsync(cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await TakeUpAsync(session);
            }
        }
        catch (OperationCanceledException)
        {
            // The next start goes on.
        }
        catch (StoreUnavailableException exception)
        {
            LogRecoveryFailed(exception);
        }
    }

    [LoggerMessage(220, LogLevel.Error, "Sessions that an earlier run left open could not be recovered; each is when it is next used")]
    private partial void LogRecoveryFailed(Exception exception);
}
