using Claudy.Application.Authentication.Ports;

namespace Claudy.Infrastructure.InProcess;

/// <summary>
/// One-time values in memory; each put clears away what has run out. Anybody may begin a sign-in, so there is an end to how many
/// are held: then what runs out first goes first.
/// </summary>
internal sealed class InProcessOneTimeStore(TimeProvider time, int capacity = InProcessOneTimeStore.Capacity) : IOneTimeStore
{
    private const int Capacity = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> _expiries = new();

    /// <summary>How many values are held, run out or not.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public Task PutAsync(string key, string value, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            RemoveExpired(now);
            MakeRoom();
            _entries[key] = new Entry(value, now + lifetime);
            _expiries.Enqueue(key, now + lifetime);
        }

        return Task.CompletedTask;
    }

    public Task<string?> TakeAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var taken = _entries.Remove(key, out var entry) && !entry.IsExpired(time.GetUtcNow());
            return Task.FromResult(taken ? entry.Value : null);
        }
    }

    private void RemoveExpired(DateTimeOffset now)
    {
        while (_expiries.TryPeek(out var key, out var expiry) && expiry <= now)
        {
            _expiries.Dequeue();

            // A key that was put again lives on under its later expiry.
            if (_entries.TryGetValue(key, out var entry) && entry.IsExpired(now))
            {
                _entries.Remove(key);
            }
        }
    }

    private void MakeRoom()
    {
        // Of what was taken, the expiry is still there.
        while (_expiries.Count >= capacity)
        {
            _entries.Remove(_expiries.Dequeue());
        }
    }

    private readonly record struct Entry(string Value, DateTimeOffset ExpiresAt)
    {
        public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;
    }
}
