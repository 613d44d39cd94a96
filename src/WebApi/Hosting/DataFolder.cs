namespace Claudy.WebApi.Hosting;

/// <summary>The folder of everything that the server keeps, for its owner alone, and for one server at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>Where it is in the configuration.</summary>
    public const string Key = "Claudy:Data";

    private const string LockFile = "server.lock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder, or finds it, and takes it for this process.</summary>
    /// <exception cref="StartupException">It cannot be made or used, or another server has it.</exception>
    public static DataFolder Take(string configured)
    {
        var path = System.IO.Path.GetFullPath(configured);
        try
        {
            Make(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data folder {path} cannot be used: {exception.Message} Name another one with {Key} or CLAUDY_DATA.");
        }

        return new DataFolder(path, Lock(path));
    }

    public void Dispose() => _lock.Dispose();

    private static void Make(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
        else if ((File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
        {
            // Only a folder that is ours or nobody's is closed to others: it could be /tmp by mistake.
            if (!File.Exists(System.IO.Path.Combine(path, LockFile)) && Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new StartupException($"The data folder {path} holds other things, and others than its owner can use it. Name an empty folder with {Key} or CLAUDY_DATA, or run: chmod 700 {path}");
            }

            File.SetUnixFileMode(path, OwnerOnly);
        }
    }

    // FileShare.None is an advisory lock on Unix, which ends with the process however that ends.
    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, LockFile);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new StartupException($"Another Claudy server uses the data folder {path}. Stop it, or give this one a folder of its own with {Key} or CLAUDY_DATA.");
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StartupException($"The data folder {path} cannot be used: {exception.Message}");
        }
    }
}
