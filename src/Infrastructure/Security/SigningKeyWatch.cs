using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Security;

/// <summary>Loads the signing keys when the host starts, so that a bad one stops the start and not the first sign-in; then looks after them.</summary>
internal sealed partial class SigningKeyWatch(IServiceProvider services, TimeProvider time, ILogger<SigningKeyWatch> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private string? _failure;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<SigningKeyRing>();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync(services.GetRequiredService<SigningKeyRing>(), _stopping.Token);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(SigningKeyRing keys, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, cancellationToken);
                await Task.Yield();
                Tend(keys);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Tend(SigningKeyRing keys)
    {
        try
        {
            keys.Tend();
            _failure = null;
        }
        catch (Exception exception) when (SigningKeyRing.IsAboutFiles(exception))
        {
            // The same again would fill the log.
            if (_failure != exception.Message)
            {
                LogFailed(exception);
            }

            _failure = exception.Message;
        }
    }

    [LoggerMessage(2307, LogLevel.Error, "The signing keys cannot be looked after; those that are known stay")]
    private partial void LogFailed(Exception exception);
}
