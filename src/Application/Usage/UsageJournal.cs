using System.Threading.Channels;
using Claudy.Application.Usage.Ports;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Usage;

/// <summary>Stores records of requests behind the requests' backs, several at a time, and tries again while the store fails.</summary>
internal sealed partial class UsageJournal(IUsageStore store, BudgetLedger ledger, TimeProvider time, ILogger<UsageJournal> logger) : IHostedLifecycleService, IDisposable
{
    private const int Capacity = 100_000;
    private const int BatchSize = 500;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly Channel<UsageRecord> _waiting = Channel.CreateBounded<UsageRecord>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private Task _storing = Task.CompletedTask;

    /// <summary>Has a record stored soon.</summary>
    public void Add(UsageRecord record)
    {
        if (!_waiting.Writer.TryWrite(record))
        {
            // Hours without a store, or the very end of the server.
            LogLost(record.Session, record.Model, record.ChargedUsd);
            ledger.Stored(record.Session);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _storing = StoreAsync();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stores what waits; the requests that the end of the server cut off are over by now.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _storing;
    }

    public void Dispose() => _stopping.Dispose();

    private async Task StoreAsync()
    {
        List<UsageRecord> batch = [];
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < BatchSize && _waiting.Reader.TryRead(out var record))
            {
                batch.Add(record);
            }

            await StoreAsync(batch);
            batch.ForEach(record => ledger.Stored(record.Session));
            batch.Clear();
        }
    }

    private async Task StoreAsync(List<UsageRecord> batch)
    {
        while (true)
        {
            try
            {
                await store.AppendAsync(batch, CancellationToken.None);
                return;
            }
            catch (Exception exception)
            {
                if (_stopping.IsCancellationRequested)
                {
                    batch.ForEach(record => LogLost(record.Session, record.Model, record.ChargedUsd));
                    return;
                }

                LogRetrying(exception, batch.Count);
                await Task.Delay(Retry, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(2130, LogLevel.Error, "{Count} usage records could not be stored; tried again in a moment")]
    private partial void LogRetrying(Exception exception, int count);

    [LoggerMessage(2131, LogLevel.Error, "A usage record is lost: session {Session}, {Model}, {Usd} US dollars")]
    private partial void LogLost(Domain.Sessions.SessionId session, string model, decimal usd);
}
