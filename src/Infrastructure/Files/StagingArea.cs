using System.Security.Cryptography;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// Where content waits until it is whole: a folder beside the workspaces, on their disk, that no session sees. What a crash leaves
/// there, and uploads that nobody goes on with, <see cref="StagingSweep"/> removes.
/// </summary>
internal sealed class StagingArea(WorkspaceFolders folders)
{
    /// <summary>No session's id looks like it.</summary>
    public static readonly EntryName FolderName = EntryName.From(".staging");

    /// <summary>A name in a session's staging folder that nobody has yet.</summary>
    public static EntryName NewName() => EntryName.From($"tmp-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");

    /// <summary>Opens a session's staging folder, and makes it when there is none; null when there is no folder of workspaces.</summary>
    public DirectoryHandle? Open(SessionId session)
    {
        using var staging = OpenAll(make: true);
        var name = EntryName.From(session.ToString());
        if (staging is null || staging.MakeFolder(name) != Errno.None)
        {
            return null;
        }

        return staging.OpenFolder(name, out _);
    }

    /// <summary>Makes a file for content that is not whole yet; it is removed when disposed, unless it got a name in a workspace.</summary>
    public StagedFile Create(SessionId session)
    {
        var folder = Open(session) ?? throw new PosixException("opening the staging folder", Errno.NoEntry);
        return StagedFile.Create(folder, NewName(), ownsFolder: true);
    }

    /// <summary>Removes all that waits for a session.</summary>
    public void Remove(SessionId session, CancellationToken cancellationToken)
    {
        using var staging = OpenAll(make: false);
        if (staging is not null)
        {
            TreeRemoval.Remove(staging, EntryName.From(session.ToString()), cancellationToken);
        }
    }

    /// <summary>The folder of all staging folders; null when there is none.</summary>
    public DirectoryHandle? OpenAll(bool make)
    {
        using var all = DirectoryHandle.Open(folders.BasePath, out _);
        if (all is null || (make && all.MakeFolder(FolderName) != Errno.None))
        {
            return null;
        }

        return all.OpenFolder(FolderName, out _);
    }
}
