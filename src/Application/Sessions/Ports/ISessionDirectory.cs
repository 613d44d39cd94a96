using Claudy.Domain.Sessions;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Which node runs a session. A session runs on one node at a time; each time it is taken, its epoch rises.</summary>
public interface ISessionDirectory
{
    /// <summary>Takes the session for this node.</summary>
    /// <param name="session">Which session.</param>
    /// <param name="minimumEpoch">The lease's epoch is higher than this: the last epoch that the event log has seen.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The lease; null when another node holds the session.</returns>
    Task<SessionLease?> AcquireAsync(SessionId session, long minimumEpoch, CancellationToken cancellationToken);

    /// <summary>Gives the session up; harmless when the lease was lost.</summary>
    Task ReleaseAsync(SessionLease lease, CancellationToken cancellationToken);
}

/// <summary>The right to run a session.</summary>
/// <param name="Session">Which session.</param>
/// <param name="Epoch">The fencing number that every append carries.</param>
/// <param name="Lost">Fires when the lease is no longer held.</param>
public sealed record SessionLease(SessionId Session, long Epoch, CancellationToken Lost);
