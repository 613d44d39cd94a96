using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>Finds and opens what is in workspaces: always from an open folder, never by a path that Claude could bend.</summary>
internal sealed class WorkspaceFolders(IOptions<WorkspaceOptions> options, BeneathResolver resolver)
{
    /// <summary>The folder of all workspaces.</summary>
    public string BasePath { get; } = Path.GetFullPath(options.Value.BasePath!);

    /// <summary>The folder of all homes.</summary>
    public string HomesPath { get; } = Path.GetFullPath(options.Value.HomesPath!);

    /// <summary>The folder of all checkpoints; null when there is none.</summary>
    public string? CheckpointsPath { get; } = options.Value.CheckpointsPath is { } path ? Path.GetFullPath(path) : null;

    /// <summary>Removes a session's folder from one of these, with all that is in it.</summary>
    public static void Remove(string path, SessionId session, CancellationToken cancellationToken)
    {
        using var parent = DirectoryHandle.Open(path, out var error);
        if (parent is not null)
        {
            TreeRemoval.Remove(parent, EntryName.From(session.ToString()), cancellationToken);
        }
        else if (error != Errno.NoEntry)
        {
            throw new PosixException("open", error);
        }
    }

    public WorkspaceLocation Locate(SessionId session) =>
        new(Path.Combine(BasePath, session.ToString()), Path.Combine(HomesPath, session.ToString()));

    public DirectoryHandle? OpenRoot(SessionId session, out Errno error) =>
        DirectoryHandle.Open(Locate(session).WorkspacePath, out error);

    /// <summary>Opens a folder within a workspace; null for the workspace itself.</summary>
    public DirectoryHandle? OpenFolder(DirectoryHandle root, WorkspacePath? path, out Errno error) =>
        resolver.OpenFolder(root, path?.Value ?? ".", out error);

    /// <summary>Opens the folder that a name is in.</summary>
    public DirectoryHandle? OpenParent(DirectoryHandle root, WorkspacePath path, out Errno error) =>
        resolver.OpenFolder(root, path.Value.LastIndexOf('/') is var slash and >= 0 ? path.Value[..slash] : ".", out error);

    public SafeFileHandle? OpenFile(SessionId session, WorkspacePath path, out Errno error)
    {
        using var root = OpenRoot(session, out error);
        using var parent = root is null ? null : OpenParent(root, path, out error);
        return parent?.OpenFile(EntryName.From(path.Name), out error);
    }

    public FileStatus? Find(DirectoryHandle root, WorkspacePath path, out Errno error)
    {
        using var parent = OpenParent(root, path, out error);
        return parent?.Stat(EntryName.From(path.Name), out error);
    }

    /// <summary>Opens the folder that a name is, or will be, in; makes what is missing of it.</summary>
    public static DirectoryHandle? MakeParent(DirectoryHandle root, WorkspacePath path, out Errno error) => MakeParent(root, path, out error, out _);

    /// <summary>The same, and tells how many were made.</summary>
    public static DirectoryHandle? MakeParent(DirectoryHandle root, WorkspacePath path, out Errno error, out int made)
    {
        made = 0;
        var folder = root.OpenFolder(EntryName.From("."), out error);
        foreach (var name in path.Value.Split('/')[..^1])
        {
            if (folder is null)
            {
                break;
            }

            using var above = folder;
            var entry = EntryName.From(name);
            folder = above.OpenFolder(entry, out error);
            if (error == Errno.NoEntry)
            {
                error = above.MakeFolder(entry);
                made += error == Errno.None ? 1 : 0;
                folder = error == Errno.None ? above.OpenFolder(entry, out error) : null;
            }
        }

        return folder;
    }
}
