using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Files;

/// <summary>The Linux calls that .NET has no name for: file work relative to an open folder. 64-bit x86 and ARM.</summary>
/// <remarks>Names are bytes that end with a zero, since a file's name need not be text.</remarks>
internal static partial class Posix
{
    public const int ReadOnly = 0x0;
    public const int WriteOnly = 0x1;
    public const int ReadWrite = 0x2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoControllingTerminal = 0x100;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;

    public const ulong ResolveNoMagicLinks = 0x02;
    public const ulong ResolveNoSymlinks = 0x04;
    public const ulong ResolveBeneath = 0x08;

    public const int UnlinkDirectory = 0x200;
    public const uint RenameNoReplace = 1;

    private const int StatNoFollow = 0x100;
    private const int StatEmptyPath = 0x1000;
    private const uint StatBasic = 0x7ff;
    private const nint OpenAt2Number = 437;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint ReadFolderNumber = IsArm ? 61 : 217;

    // The two open flags whose value differs between the architectures.
    public static readonly int Directory = IsArm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    /// <summary>What went wrong in this thread's last call.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    public static int OpenAt2(SafeHandle folder, ReadOnlySpan<byte> path, OpenHow how) =>
        (int)SystemCall(OpenAt2Number, folder, path, in how, OpenHow.Size);

    /// <summary>Fills the buffer with the next records of an open folder; 0 at its end.</summary>
    public static int ReadFolder(SafeHandle folder, Span<byte> buffer) =>
        (int)SystemCall(ReadFolderNumber, folder, buffer, buffer.Length);

    /// <summary>What a name in a folder stands for; a link stands for itself.</summary>
    public static int Stat(SafeHandle folder, ReadOnlySpan<byte> name, out FileStatus status) =>
        StatX(folder, name, StatNoFollow, StatBasic, out status);

    /// <summary>What is open.</summary>
    public static int Stat(SafeHandle file, out FileStatus status) =>
        StatX(file, "\0"u8, StatEmptyPath, StatBasic, out status);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(SafeHandle folder, ReadOnlySpan<byte> name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(SafeHandle folder, ReadOnlySpan<byte> name, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(SafeHandle fromFolder, ReadOnlySpan<byte> from, SafeHandle toFolder, ReadOnlySpan<byte> to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    public static partial int RenameAt2(SafeHandle fromFolder, ReadOnlySpan<byte> from, SafeHandle toFolder, ReadOnlySpan<byte> to, uint flags);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(SafeHandle fromFolder, ReadOnlySpan<byte> from, SafeHandle toFolder, ReadOnlySpan<byte> to, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(SafeHandle folder, ReadOnlySpan<byte> name, int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(SafeHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeHandle file);

    /// <summary>Makes all that was written to the file system of what is open last.</summary>
    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(SafeHandle folder, ReadOnlySpan<byte> name, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, SafeHandle folder, ReadOnlySpan<byte> path, in OpenHow how, nint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, SafeHandle folder, Span<byte> buffer, nint size);
}
