using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.InProcess;

/// <summary>Leases of the only node: held until released, never lost.</summary>
internal sealed class InProcessSessionDirectory : ISessionDirectory, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, Held> _held = [];

    // One count for all sessions: it rises for each of them too, and nothing is kept of a session that was released.
    private long _lastEpoch;

    public Task<SessionLease?> AcquireAsync(SessionId session, long minimumEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_held.ContainsKey(session))
            {
                return Task.FromResult<SessionLease?>(null);
            }

            _lastEpoch = Math.Max(_lastEpoch, minimumEpoch) + 1;
            var lost = new CancellationTokenSource();
            _held.Add(session, new Held(_lastEpoch, lost));
            return Task.FromResult<SessionLease?>(new SessionLease(session, _lastEpoch, lost.Token));
        }
    }

    public async Task ReleaseAsync(SessionLease lease, CancellationToken cancellationToken)
    {
        Held? held;
        lock (_gate)
        {
            if (!_held.TryGetValue(lease.Session, out held) || held.Epoch != lease.Epoch)
            {
                return;
            }

            _held.Remove(lease.Session);
        }

        using (held.Lost)
        {
            await held.Lost.CancelAsync();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var held in _held.Values)
            {
                held.Lost.Dispose();
            }

            _held.Clear();
        }
    }

    private sealed record Held(long Epoch, CancellationTokenSource Lost);
}
