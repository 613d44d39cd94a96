using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files.Ports;

/// <summary>Keeps what the files of a workspace were at the start and the end of each turn.</summary>
public interface IWorkspaceCheckpoints
{
    /// <summary>
    /// Keeps the files as they are now. Returns after a few seconds at the latest, when it then still goes on; what goes wrong is logged and
    /// leaves this moment out.
    /// </summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="seq">The event at which that is.</param>
    /// <param name="isBeginning">Whether a turn begins with it, rather than ends.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task TakeAsync(SessionId session, long seq, bool isBeginning, CancellationToken cancellationToken);

    /// <summary>Finds out meanwhile how the files are, so that the next checkpoint has only to look what changed; returns at once.</summary>
    /// <param name="session">Whose workspace.</param>
    void Warm(SessionId session);

    /// <summary>How the files differ between two moments.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="sinceSeq">The newest moment that is kept at or before that event; null for the beginning of the newest turn.</param>
    /// <param name="untilSeq">The same for the second moment; null for now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The differences; <c>FILE_016</c> when no such moment is kept, <c>FILE_017</c> when none are on this server, <c>FILE_018</c> when it could not be done.</returns>
    Task<Result<WorkspaceDiff>> DiffAsync(SessionId session, long? sinceSeq, long? untilSeq, CancellationToken cancellationToken);

    /// <summary>
    /// Puts the files that turns changed since then back as they were at the beginning of a turn. What changed between turns is left, but
    /// for files that a turn changed as well. No turn may be under way.
    /// </summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="seq">The event that the turn began with.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What became of them; <c>FILE_016</c>, <c>FILE_017</c>, <c>FILE_018</c> as above.</returns>
    Task<Result<RestoredFiles>> RestoreAsync(SessionId session, long seq, CancellationToken cancellationToken);

    /// <summary>Removes all that is kept of a session whose workspace is gone; one that is being taken is waited for.</summary>
    Task RemoveAsync(SessionId session, CancellationToken cancellationToken);
}

/// <summary>What became of files that were to be put back.</summary>
/// <param name="Restored">Those that are as they were, by their paths in the workspace.</param>
/// <param name="Left">Those that could not be put back: there is no room, or something that is no file is in the way.</param>
public sealed record RestoredFiles(IReadOnlyList<string> Restored, IReadOnlyList<string> Left);
