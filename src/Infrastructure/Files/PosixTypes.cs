using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Files;

/// <summary>The ways a Linux call fails that are told apart here.</summary>
internal enum Errno
{
    None = 0,
    NotPermitted = 1,
    NoEntry = 2,
    NoDevice = 6,
    AccessDenied = 13,
    Exists = 17,
    CrossDevice = 18,
    NotDirectory = 20,
    IsDirectory = 21,
    Invalid = 22,
    TooManyOpenFilesOfAll = 23,
    TooManyOpenFiles = 24,
    NoSpace = 28,
    ReadOnly = 30,
    NameTooLong = 36,
    NotImplemented = 38,
    NotEmpty = 39,
    Loop = 40,
    QuotaReached = 122,
}

/// <summary>A Linux call failed in a way that nobody expected.</summary>
internal sealed class PosixException(string call, Errno error)
    : IOException($"{call} failed: {Marshal.GetPInvokeErrorMessage((int)error)} (errno {(int)error}).", (int)error);

/// <summary>The argument of <c>openat2</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public const int Size = 24;

    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}

/// <summary>What <c>statx</c> tells; its layout is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct FileStatus
{
    private const ushort TypeMask = 0xF000;
    private const ushort TypeDirectory = 0x4000;
    private const ushort TypeRegular = 0x8000;
    private const ushort TypeSymlink = 0xA000;

    // What DateTimeOffset can hold; a file's time may be set to anything.
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    [FieldOffset(16)]
    private readonly uint _linkCount;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(40)]
    private readonly ulong _size;

    [FieldOffset(96)]
    private readonly long _changedSeconds;

    [FieldOffset(104)]
    private readonly uint _changedNanoseconds;

    [FieldOffset(112)]
    private readonly long _modifiedSeconds;

    [FieldOffset(120)]
    private readonly uint _modifiedNanoseconds;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    public bool IsRegular => (_mode & TypeMask) == TypeRegular;

    public bool IsDirectory => (_mode & TypeMask) == TypeDirectory;

    public bool IsSymlink => (_mode & TypeMask) == TypeSymlink;

    /// <summary>Read, write and execute for owner, group and others.</summary>
    public uint Permissions => (uint)(_mode & 0x1FF);

    public bool HasOtherNames => _linkCount > 1;

    public long Size => (long)Math.Min(_size, long.MaxValue);

    public (uint Major, uint Minor, ulong Inode) Identity => (_deviceMajor, _deviceMinor, _inode);

    /// <summary>Differs when the file is another one or was written to: for comparing only.</summary>
    public string Version => $"{_inode:x}-{_size:x}-{_modifiedSeconds:x}-{_modifiedNanoseconds:x}";

    public DateTimeOffset Modified => Time(_modifiedSeconds, _modifiedNanoseconds);

    /// <summary>When it was last written to, or its status changed: other than <see cref="Modified"/>, no program can set it.</summary>
    public DateTimeOffset Changed => Time(_changedSeconds, _changedNanoseconds);

    private static DateTimeOffset Time(long seconds, uint nanoseconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, FirstSecond, LastSecond)).AddTicks(nanoseconds / 100);
}
