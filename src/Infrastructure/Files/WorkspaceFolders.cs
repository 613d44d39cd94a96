using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>Where the folders of sessions are: named by session id.</summary>
internal sealed class WorkspaceFolders(IOptions<WorkspaceOptions> options)
{
    /// <summary>The folder of all workspaces.</summary>
    public string BasePath { get; } = Path.GetFullPath(options.Value.BasePath!);

    /// <summary>The folder of all agent homes.</summary>
    public string HomesPath { get; } = Path.GetFullPath(options.Value.HomesPath!);

    /// <summary>The folder of all checkpoints; null when there is none.</summary>
    public string? CheckpointsPath { get; } = options.Value.CheckpointsPath is { } path ? Path.GetFullPath(path) : null;

    /// <summary>Every folder that has one of each session's.</summary>
    public IEnumerable<string> All => CheckpointsPath is null ? [BasePath, HomesPath] : [BasePath, HomesPath, CheckpointsPath];

    public WorkspaceLocation Locate(SessionId session) =>
        new(Path.Combine(BasePath, session.ToString()), Path.Combine(HomesPath, session.ToString()));

    /// <summary>Opens a session's workspace.</summary>
    public DirectoryHandle? Open(SessionId session, out Errno error) => DirectoryHandle.Open(Locate(session).WorkspacePath, out error);
}
