namespace Claudy.Infrastructure.Repositories;

/// <summary>Folders for one clone: a home that is no session's, and one for the socket to the network.</summary>
/// <remarks>In the temporary folder, since a socket's path must be short; the system makes it for this user alone.</remarks>
internal sealed class CloneFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-git-");

    public CloneFolder()
    {
        Home = Directory.CreateDirectory(Path.Combine(_folder.FullName, "home"), OwnerOnly).FullName;
        Runtime = Directory.CreateDirectory(Path.Combine(_folder.FullName, "run"), OwnerOnly).FullName;
    }

    public string Home { get; }

    public string Runtime { get; }

    public void Dispose() => _folder.Delete(recursive: true);
}
