using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Files;

/// <summary>Lets one writer at a time into a workspace, so that what was measured still holds when the file is there.</summary>
/// <remarks>Held for work on the file system alone: nobody waits in here for a scanner, a client or a disk to be synced.</remarks>
internal sealed class WorkspaceLocks
{
    private readonly KeyedPlaces<SessionId> _turns = new(places: 1);

    /// <summary>The right to change a workspace, given back when disposed.</summary>
    public ValueTask<KeyedPlaces<SessionId>.Place> EnterAsync(SessionId session, CancellationToken cancellationToken) => _turns.EnterAsync(session, cancellationToken);
}
