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

    /// <summary>Opens a session's staging folder, and makes it when there is none.</summary>
    /// <exception cref="PosixException">It cannot be made.</exception>
    public DirectoryHandle Open(SessionId session) => Open(session, out var error) ?? throw new PosixException("opening the staging folder", error);

    /// <summary>The same; null when it cannot be made.</summary>
    public DirectoryHandle? Open(SessionId session, out Errno error)
    {
        using var staging = OpenAll(make: true, out error);
        var name = EntryName.From(session.ToString());
        error = staging?.MakeFolder(name) ?? error;
        return error == Errno.None ? staging!.OpenFolder(name, out error) : null;
    }

    /// <summary>Makes a file for content that is not whole yet; it is removed when disposed, unless it got a name in a workspace.</summary>
    public StagedFile Create(SessionId session) => StagedFile.Create(Open(session), NewName(), ownsFolder: true);

    /// <summary>Removes all that waits for a session.</summary>
    public void Remove(SessionId session, CancellationToken cancellationToken)
    {
        using var staging = OpenAll(make: false, out _);
        if (staging is not null)
        {
            TreeRemoval.Remove(staging, EntryName.From(session.ToString()), cancellationToken);
        }
    }

    /// <summary>The folder of all staging folders; null when there is none.</summary>
    public DirectoryHandle? OpenAll(bool make, out Errno error)
    {
        using var all = DirectoryHandle.Open(folders.BasePath, out error);
        error = make ? all?.MakeFolder(FolderName) ?? error : error;
        return error == Errno.None ? all!.OpenFolder(FolderName, out error) : null;
    }
}
