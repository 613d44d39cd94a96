using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Audit;

/// <summary>What of the C library the audit log needs and .NET does not offer.</summary>
internal static partial class Posix
{
    private const int LockExclusive = 2;
    private const int Unlock = 8;
    private const int Interrupted = 4;
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const int ReadWriteCreateCloseOnExec = 0x80042;
    private const int OwnerOnly = 0x180; // 0600

    /// <summary>Opens a lock's file, and makes it if there is none. Not by the framework, which refuses to open what somebody holds locked.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle OpenLock(string path)
    {
        var file = Open(path, ReadWriteCreateCloseOnExec, OwnerOnly);
        return file.IsInvalid ? throw new IOException($"{path} cannot be opened: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}") : file;
    }

    /// <summary>Waits until no other process holds the file's lock, and takes it; it ends with the process at the latest.</summary>
    public static void Take(SafeFileHandle file)
    {
        while (Flock(file, LockExclusive) != 0)
        {
            if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
            {
                throw new IOException($"The audit log cannot be locked: {new Win32Exception(error).Message}");
            }
        }
    }

    /// <summary>Gives the lock back.</summary>
    public static void Give(SafeFileHandle file) => _ = Flock(file, Unlock);

    /// <summary>Waits until the names in a folder are on disk.</summary>
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

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, int mode = 0);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);
}
