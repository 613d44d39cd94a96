using Claudy.Application.Users.Ports;

namespace Claudy.Infrastructure.InProcess;

/// <summary>Token buckets of the only node; one that is full again is forgotten.</summary>
internal sealed class InProcessRateLimiter(TimeProvider time, int capacity = InProcessRateLimiter.DefaultCapacity) : IRateLimiter
{
    /// <summary>How many buckets are kept.</summary>
    public const int DefaultCapacity = 100_000;

    private readonly Lock _gate = new();
    private readonly RecentlyUsed<Bucket> _buckets = new(capacity);

    /// <summary>How many buckets there are.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _buckets.Count;
            }
        }
    }

    public ValueTask<TimeSpan> TakeAsync(string key, RateLimit limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var tokens = _buckets.TryGet(key, out var bucket) ? TokensOf(bucket, now) : limit.Burst;
            if (tokens < 1)
            {
                return ValueTask.FromResult(TimeSpan.FromSeconds((1 - tokens) / limit.PerSecond));
            }

            _buckets.Set(key, new Bucket(tokens - 1, now, limit));
            _buckets.Trim(other => TokensOf(other, now) >= other.Limit.Burst);
            return ValueTask.FromResult(TimeSpan.Zero);
        }
    }

    private double TokensOf(in Bucket bucket, long now) =>
        Math.Min(bucket.Limit.Burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * bucket.Limit.PerSecond));

    private readonly record struct Bucket(double Tokens, long At, RateLimit Limit);
}
