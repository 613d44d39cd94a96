using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions.Retention;

/// <summary>Sweeps once the server is up, which finishes deletions that an earlier one began, and then at every interval.</summary>
internal sealed partial class RetentionSchedule(
    RetentionSweep sweep,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<RetentionSchedule> logger) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly PeriodicTimer _timer = new(options.Value.SweepInterval, time);
    private Task _running = Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _timer.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // The start of the server does not wait for it.
        await Task.Yield();
        try
        {
            do
            {
                await SweepAsync(cancellationToken);
            }
            while (await _timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The next start goes on.
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await sweep.RunAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception);
        }
    }

    [LoggerMessage(297, LogLevel.Error, "Sessions could not be looked over; the next look tries again")]
    private partial void LogFailed(Exception exception);
}
