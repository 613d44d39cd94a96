using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files.Watching;

/// <summary>What the kernel tells of one watched folder, or that it forgot to tell.</summary>
/// <param name="Watch">Which folder; -1 when it forgot.</param>
/// <param name="Name">Which name in it, bytes as Latin-1; empty for the folder itself.</param>
/// <param name="IsOverflow">Whether something happened that is not told.</param>
internal readonly record struct InotifyEvent(int Watch, string Name, bool IsOverflow);

/// <summary>The kernel's notifications for a set of folders; reading never waits.</summary>
internal sealed partial class Inotify : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    // struct inotify_event: watch (4), mask (4), cookie (4), length of the name (4), name with zeros at its end.
    private const int HeaderSize = 16;
    private const int MaskOffset = 4;
    private const int LengthOffset = 12;
    private const int BufferSize = 64 * 1024;

    private const uint Modify = 0x2;
    private const uint CloseWrite = 0x8;
    private const uint MovedFrom = 0x40;
    private const uint MovedTo = 0x80;
    private const uint Create = 0x100;
    private const uint Delete = 0x200;
    private const uint QueueOverflow = 0x4000;
    private const uint OnlyFolder = 0x0100_0000;
    private const uint ExcludeUnlinked = 0x0400_0000;
    private const uint Wanted = Modify | CloseWrite | MovedFrom | MovedTo | Create | Delete | OnlyFolder | ExcludeUnlinked;

    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[BufferSize];

    private Inotify(int descriptor) => _handle = new SafeFileHandle(descriptor, ownsHandle: true);

    /// <summary>A new instance; null when the machine has no more of them for this user (<c>fs.inotify.max_user_instances</c>).</summary>
    public static Inotify? TryOpen(out Errno error)
    {
        var descriptor = Initialize(NonBlocking | CloseOnExec);
        error = descriptor < 0 ? Posix.LastError : Errno.None;
        return descriptor < 0 ? null : new Inotify(descriptor);
    }

    /// <summary>Watches the very folder that is open, wherever its name leads by now.</summary>
    /// <returns>The watch; -1 when it cannot, such as beyond <c>fs.inotify.max_user_watches</c>.</returns>
    public int Watch(DirectoryHandle folder, out Errno error)
    {
        var watch = AddWatch(_handle, EntryName.From(folder.OwnPath).Terminated, Wanted);
        error = watch < 0 ? Posix.LastError : Errno.None;
        return watch;
    }

    public void Unwatch(int watch) => _ = RemoveWatch(_handle, watch);

    /// <summary>Reads some of what is there.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Read(Action<InotifyEvent> take)
    {
        var filled = (int)ReadHandle(_handle, _buffer, _buffer.Length);
        for (var at = 0; at + HeaderSize <= filled;)
        {
            var record = _buffer.AsSpan(at);
            var length = BinaryPrimitives.ReadInt32LittleEndian(record[LengthOffset..]);
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(record[MaskOffset..]);
            var name = record.Slice(HeaderSize, length);
            var end = name.IndexOf((byte)0);
            take(new InotifyEvent(
                BinaryPrimitives.ReadInt32LittleEndian(record),
                Encoding.Latin1.GetString(end < 0 ? name : name[..end]),
                (mask & QueueOverflow) != 0));
            at += HeaderSize + length;
        }

        return filled > 0;
    }

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int Initialize(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true)]
    private static partial int AddWatch(SafeHandle instance, ReadOnlySpan<byte> path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    private static partial int RemoveWatch(SafeHandle instance, int watch);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadHandle(SafeHandle instance, Span<byte> buffer, nint size);
}
