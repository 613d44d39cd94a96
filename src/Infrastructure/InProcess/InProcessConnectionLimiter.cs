using Claudy.Application.Users.Ports;
using Claudy.Domain.Users;

namespace Claudy.Infrastructure.InProcess;

/// <summary>Counts connections of the only node; a user without any has no entry.</summary>
internal sealed class InProcessConnectionLimiter : IConnectionLimiter
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, int> _counts = [];

    /// <summary>How many users have a connection.</summary>
    internal int ConnectedUsers
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    public Task<IAsyncDisposable?> TryEnterAsync(UserId user, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var count = _counts.GetValueOrDefault(user);
            if (count >= limit)
            {
                return Task.FromResult<IAsyncDisposable?>(null);
            }

            _counts[user] = count + 1;
            return Task.FromResult<IAsyncDisposable?>(new Place(this, user));
        }
    }

    private void Leave(UserId user)
    {
        lock (_gate)
        {
            if (--_counts[user] == 0)
            {
                _counts.Remove(user);
            }
        }
    }

    private sealed class Place(InProcessConnectionLimiter limiter, UserId user) : IAsyncDisposable
    {
        private bool _left;

        public ValueTask DisposeAsync()
        {
            if (!Interlocked.Exchange(ref _left, true))
            {
                limiter.Leave(user);
            }

            return ValueTask.CompletedTask;
        }
    }
}
