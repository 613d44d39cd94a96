using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Processes;

internal static partial class Posix
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const nint JoinSessionKeyring = 1;
    private const int WriteAccess = 2;
    private const int FromWorkingDirectory = -100;
    private const uint BasicStatus = 0x7ff;

    /// <summary>Sends a signal. That the process is gone by now is no failure.</summary>
    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int Signal(int processId, int signal);

    /// <summary>
    /// Gives the calling thread, and what it starts from now on, an empty session keyring in place of the one that the
    /// server was started with. Where the kernel refuses, it stays as it was: then a container hides keyrings already.
    /// </summary>
    public static void LeaveSessionKeyring()
    {
        if (OperatingSystem.IsLinux() && KeyCtlNumber is { } keyCtl)
        {
            _ = SystemCall(keyCtl, JoinSessionKeyring, 0);
        }
    }

    /// <summary>Whether this process may write a file, or make and remove what is in a folder.</summary>
    public static bool MayWrite(string path) => Access(path, WriteAccess) == 0;

    /// <summary>What a path leads to, links followed; 0 when there is such a thing.</summary>
    public static int Status(string path, out FileStatus status) => StatX(FromWorkingDirectory, path, 0, BasicStatus, out status);

    private static nint? KeyCtlNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 250,
        Architecture.Arm64 => 219,
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int StatX(int folder, string path, int flags, uint mask, out FileStatus status);

    /// <summary>The part of what <c>statx</c> tells that is asked here; its layout is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal readonly struct FileStatus
    {
        private const ushort TypeMask = 0xF000;
        private const ushort TypeRegular = 0x8000;
        private const int Block = 512;

        [FieldOffset(16)]
        private readonly uint _names;

        [FieldOffset(28)]
        private readonly ushort _mode;

        [FieldOffset(32)]
        private readonly ulong _inode;

        [FieldOffset(48)]
        private readonly ulong _blocks;

        [FieldOffset(136)]
        private readonly uint _deviceMajor;

        [FieldOffset(140)]
        private readonly uint _deviceMinor;

        public bool IsRegular => (_mode & TypeMask) == TypeRegular;

        /// <summary>How many names it has; none when it was deleted and is open still.</summary>
        public uint Names => _names;

        public ulong Inode => _inode;

        /// <summary>What it takes up on the disk.</summary>
        public long Bytes => (long)_blocks * Block;

        public (uint Major, uint Minor) Device => (_deviceMajor, _deviceMinor);
    }
}
