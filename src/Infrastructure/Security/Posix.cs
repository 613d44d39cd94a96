using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Security;

/// <summary>What of the C library the key files need and .NET does not offer.</summary>
internal static partial class Posix
{
    private const int LockExclusive = 2;
    private const int Interrupted = 4;
    private const int AlreadyExists = 17;
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int ReadWriteCreateCloseOnExec = 0x80042;
    private const int OwnerOnly = 0x180; // 0600

    /// <summary>Waits until no other process holds a file's lock, and takes it until the handle is closed; the file is made if there is none.</summary>
    /// <exception cref="IOException">It cannot be taken.</exception>
    public static SafeFileHandle Lock(string path)
    {
        var file = Open(path, ReadWriteCreateCloseOnExec, OwnerOnly);
        while (file.IsInvalid || Flock(file, LockExclusive) != 0)
        {
            if (Marshal.GetLastPInvokeError() is var error && (file.IsInvalid || error != Interrupted))
            {
                file.Dispose();
                throw new IOException($"{path} cannot be locked: {new Win32Exception(error).Message}");
            }
        }

        return file;
    }

    /// <summary>Gives a file a further name, unless that is taken: of several processes that try, one succeeds.</summary>
    /// <returns>False when it is taken.</returns>
    /// <exception cref="IOException">It cannot be given.</exception>
    public static bool TryLink(string path, string name)
    {
        if (Link(path, name) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() is var error && error == AlreadyExists
            ? false
            : throw new IOException($"{name} cannot be made: {new Win32Exception(error).Message}");
    }

    /// <summary>Waits until the names in a folder are on disk.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void SyncFolder(string path)
    {
        using var folder = Open(path, ReadOnlyCloseOnExec);
        if (folder.IsInvalid || Fsync(folder) != 0)
        {
            throw new IOException($"{path} cannot be written to disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, int mode = 0);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);
}
