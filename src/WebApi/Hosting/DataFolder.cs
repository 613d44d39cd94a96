namespace Claudy.WebApi.Hosting;

/// <summary>The folder of everything that the server keeps, for its owner alone, and for one server at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>Where it is in the configuration.</summary>
    public const string Key = "Claudy:Data";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const string LockName = "server.lock";

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private static readonly string[] SignsOfClaudy = [LockName, "claudy.db"];

    // A file system of its own is made with it.
    private static readonly string[] SignsOfNothing = ["lost+found"];

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
            Directory.CreateDirectory(path, OwnerOnly);
            KeepToOwner(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data folder {path} cannot be used: {exception.Message} Name another one with {Key} or CLAUDY_DATA.");
        }

        return new DataFolder(path, Lock(path));
    }

    /// <summary>Whether a server has that folder.</summary>
    public static bool IsInUse(string path)
    {
        var file = System.IO.Path.Combine(path, LockName);
        if (!File.Exists(file) || !TryLock(file, out var held))
        {
            return File.Exists(file);
        }

        held!.Dispose();
        return false;
    }

    public void Dispose() => _lock.Dispose();

    // Somebody may name a folder that others need, such as /var/lib: that one must stay as it is.
    private static void KeepToOwner(string path)
    {
        string[] names = [.. Directory.EnumerateFileSystemEntries(path).Select(entry => System.IO.Path.GetFileName(entry))];
        if (names.All(SignsOfNothing.Contains) || names.Any(SignsOfClaudy.Contains))
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
        else if ((File.GetUnixFileMode(path) & OthersMay) != UnixFileMode.None)
        {
            throw new StartupException($"The data folder {path} holds other things than Claudy's, and other users may enter or read it. Name a folder for Claudy alone with {Key} or CLAUDY_DATA, for example {System.IO.Path.Combine(path, "claudy")}.");
        }
    }

    // A server that was just stopped may hold it for a moment longer, as may a program that it was starting.
    private static FileStream Lock(string path)
    {
        FileStream? held = null;
        try
        {
            return SpinWait.SpinUntil(() => TryLock(System.IO.Path.Combine(path, LockName), out held), LongestWait)
                ? held!
                : throw new StartupException($"Another Claudy server uses the data folder {path}. Stop it, or give this one a folder of its own with {Key} or CLAUDY_DATA.");
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StartupException($"The data folder {path} cannot be used: {exception.Message}");
        }
    }

    // FileShare.None is an advisory lock on Unix, which ends with the process however that ends.
    private static bool TryLock(string file, out FileStream? held)
    {
        try
        {
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            held = null;
            return false;
        }
    }
}
