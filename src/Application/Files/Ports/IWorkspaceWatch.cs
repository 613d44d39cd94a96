using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files.Ports;

/// <summary>Looks after the workspaces of sessions whose processes run: sees what changes there, whoever changes it.</summary>
public interface IWorkspaceWatch
{
    /// <summary>Watches a session's workspace, which is prepared, until it is closed; harmless when it is watched already.</summary>
    Task OpenAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>Sees what changed up to now, and watches no longer; harmless when it is not watched.</summary>
    Task CloseAsync(SessionId session);
}

/// <summary>Hears what happens in workspaces. Called from any thread, one call at a time for a session.</summary>
public interface IWorkspaceObserver
{
    /// <summary>Files changed, by a session's processes or by the server for a client.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="files">Which, each once.</param>
    /// <param name="isTruncated">Whether more changed than are listed.</param>
    Task OnChangedAsync(SessionId session, IReadOnlyList<ChangedFile> files, bool isTruncated);

    /// <summary>A watched workspace holds more than it may, and more than when this was told the last time.</summary>
    Task OnExceededAsync(SessionId session, WorkspaceUsage usage);
}
