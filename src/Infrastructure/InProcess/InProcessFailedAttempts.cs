using Claudy.Application.Authentication.Ports;

namespace Claudy.Infrastructure.InProcess;

/// <summary>Failed attempts at the only node.</summary>
internal sealed class InProcessFailedAttempts(TimeProvider time, int capacity = InProcessFailedAttempts.DefaultCapacity) : IFailedAttempts
{
    /// <summary>How many keys are kept.</summary>
    public const int DefaultCapacity = 100_000;

    private readonly Lock _gate = new();
    private readonly RecentlyUsed<Failures> _failures = new(capacity);

    /// <summary>How many keys there are.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _failures.Count;
            }
        }
    }

    public ValueTask<TimeSpan> BeginAsync(string key, AttemptLimits limits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (!_failures.TryGet(key, out var present) || present.ForgottenAt <= now)
            {
                return ValueTask.FromResult(TimeSpan.Zero);
            }

            if (present.HeardAt > now)
            {
                return ValueTask.FromResult(present.HeardAt - now);
            }

            // The others wait as if this one had failed already.
            var wait = limits.WaitAfter(present.Count + 1);
            if (wait > TimeSpan.Zero)
            {
                _failures.Set(key, present with { HeardAt = now + wait, IsReserved = true });
            }

            return ValueTask.FromResult(TimeSpan.Zero);
        }
    }

    public ValueTask<FailedAttempt> FailAsync(string key, AttemptLimits limits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var present = _failures.TryGet(key, out var found) && found.ForgottenAt > now ? found : default;
            if (present.HeardAt > now && !present.IsReserved)
            {
                return ValueTask.FromResult(new FailedAttempt(present.Count, present.HeardAt - now, IsNew: false));
            }

            var wait = limits.WaitAfter(present.Count + 1);
            var failed = new Failures(present.Count + 1, now + wait, now + wait + limits.ForgetAfter, IsReserved: false);
            _failures.Set(key, failed);
            _failures.Trim(other => other.ForgottenAt <= now);
            return ValueTask.FromResult(new FailedAttempt(failed.Count, wait, wait > TimeSpan.Zero));
        }
    }

    public ValueTask SucceedAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_failures.TryGet(key, out var present) && present.IsReserved)
            {
                _failures.Set(key, present with { HeardAt = time.GetUtcNow(), IsReserved = false });
            }
        }

        return ValueTask.CompletedTask;
    }

    private readonly record struct Failures(int Count, DateTimeOffset HeardAt, DateTimeOffset ForgottenAt, bool IsReserved);
}
