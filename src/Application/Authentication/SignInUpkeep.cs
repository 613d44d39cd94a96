using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Authentication;

/// <summary>
/// Learns of revocations from the store, whoever made them: at the start, before anybody is let in, and every two seconds.
/// Once an hour it removes what nobody can use any more.
/// </summary>
internal sealed partial class SignInUpkeep(
    IRefreshTokenStore signIns,
    IPersonalTokenStore personalTokens,
    Revocations revocations,
    TimeProvider time,
    ILogger<SignInUpkeep> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    // Its owner may want to see which token it was that ran out.
    private static readonly TimeSpan PersonalTokensStay = TimeSpan.FromDays(30);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _isFailing;

    public Task StartingAsync(CancellationToken cancellationToken) => LearnAsync(cancellationToken);

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

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // The start of the server does not wait for it.
        await Task.Yield();
        var nextSweep = time.GetUtcNow();
        try
        {
            while (true)
            {
                var isSweepDue = time.GetUtcNow() >= nextSweep;
                nextSweep = isSweepDue ? time.GetUtcNow() + SweepInterval : nextSweep;
                await LookAsync(isSweepDue, cancellationToken);

                // Counts from the end of the look: what was missed is not made up for.
                await Task.Delay(Interval, time, cancellationToken);
                await Task.Yield();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task LookAsync(bool isSweepDue, CancellationToken cancellationToken)
    {
        try
        {
            await LearnAsync(cancellationToken);
            revocations.Forget();
            if (isSweepDue)
            {
                await SweepAsync(cancellationToken);
            }

            _isFailing = false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Once, not every two seconds.
            if (!_isFailing)
            {
                LogFailed(exception);
            }

            _isFailing = true;
        }
    }

    private async Task LearnAsync(CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow() - Revocations.Memory;
        foreach (var signIn in await signIns.ListRevokedAsync(since, cancellationToken))
        {
            revocations.Add(new Grant.SignIn(signIn));
        }

        foreach (var token in await personalTokens.ListRevokedAsync(since, cancellationToken))
        {
            revocations.Add(new Grant.PersonalToken(token));
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var ended = await signIns.RemoveExpiredAsync(now - Revocations.Memory, cancellationToken);
        var runOut = await personalTokens.RemoveExpiredAsync(now - PersonalTokensStay, cancellationToken);
        if (ended + runOut > 0)
        {
            LogSwept(ended, runOut);
        }
    }

    [LoggerMessage(2303, LogLevel.Error, "Sign-ins cannot be looked over: what was revoked elsewhere is not known here for now")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(2304, LogLevel.Information, "Removed {SignIns} sign-ins and {PersonalTokens} personal access tokens that were over")]
    private partial void LogSwept(int signIns, int personalTokens);
}
