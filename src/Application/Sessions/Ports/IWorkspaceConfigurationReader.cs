using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Sessions.Ports;

/// <summary>Reads what the files of a workspace would make the agent do. The files are written by whoever made the project, and by the agent.</summary>
public interface IWorkspaceConfigurationReader
{
    /// <summary>Reads the files as they are now; follows no link, and reads no more than a bounded piece of each.</summary>
    /// <returns>What they say; an empty configuration when there are none.</returns>
    Task<WorkspaceConfiguration> ReadAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>Whether it is one of the files that are read.</summary>
    bool Reads(WorkspacePath path);
}
