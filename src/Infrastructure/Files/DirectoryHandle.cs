using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// An open folder. What is done through it happens in that very folder, wherever its name leads by now, and each method
/// touches one name in it without following a link.
/// </summary>
internal sealed class DirectoryHandle : IDisposable
{
    /// <summary>For folders: their owner's alone.</summary>
    public const uint FolderMode = 0b111_000_000;

    private const int RecordBufferSize = 32 * 1024;

    // struct linux_dirent64: inode (8), offset (8), record length (2), type (1), name.
    private const int RecordLengthOffset = 16;
    private const int RecordNameOffset = 19;

    public static readonly int OpenFlags = Posix.ReadOnly | Posix.Directory | Posix.NoFollow | Posix.CloseOnExec;

    private static readonly int OpenFileFlags = Posix.ReadOnly | Posix.NonBlocking | Posix.NoControllingTerminal | Posix.NoFollow | Posix.CloseOnExec;
    private static readonly int WriteFileFlags = Posix.WriteOnly | Posix.NonBlocking | Posix.NoFollow | Posix.CloseOnExec;
    private static readonly int CreateFileFlags = Posix.ReadWrite | Posix.Create | Posix.Exclusive | Posix.NoFollow | Posix.CloseOnExec;

    private DirectoryHandle(int descriptor) =>
        (Handle, OwnPath) = (new SafeFileHandle(descriptor, ownsHandle: true), string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"));

    public SafeFileHandle Handle { get; }

    /// <summary>The kernel's own name for what is open here, for calls that take nothing but a path; while it is open.</summary>
    public string OwnPath { get; }

    /// <summary>Opens a folder of the server's own by its path; the last name may not be a link.</summary>
    public static DirectoryHandle? Open(string path, out Errno error) =>
        Own(Posix.Open(EntryName.From(path).Terminated, OpenFlags), out error);

    /// <summary>Takes over what an open call returned.</summary>
    /// <exception cref="PosixException">No more files can be opened: to whoever looks, the folder must not seem to be missing.</exception>
    public static DirectoryHandle? Own(int descriptor, out Errno error)
    {
        error = OutcomeOfOpening(descriptor);
        return descriptor < 0 ? null : new DirectoryHandle(descriptor);
    }

    public DirectoryHandle? OpenFolder(EntryName name, out Errno error)
    {
        var folder = Own(Posix.OpenAt(Handle, name.Terminated, OpenFlags, 0), out error);
        if (error == Errno.NotDirectory && Stat(name, out _) is { IsSymlink: true })
        {
            error = Errno.Loop;
        }

        return folder;
    }

    /// <summary>Opens whatever is there, without ever waiting for the other end of a pipe.</summary>
    public SafeFileHandle? OpenFile(EntryName name, out Errno error) =>
        OwnFile(Posix.OpenAt(Handle, name.Terminated, OpenFileFlags, 0), out error);

    /// <summary>Opens a file of the server's own to go on writing it.</summary>
    public SafeFileHandle? OpenForWriting(EntryName name, out Errno error) =>
        OwnFile(Posix.OpenAt(Handle, name.Terminated, WriteFileFlags, 0), out error);

    /// <summary>Makes a file, to be written and read.</summary>
    public SafeFileHandle? CreateFile(EntryName name, uint mode, out Errno error) =>
        OwnFile(Posix.OpenAt(Handle, name.Terminated, CreateFileFlags, mode), out error);

    public FileStatus? Stat(EntryName name, out Errno error)
    {
        var failed = Posix.Stat(Handle, name.Terminated, out var status) < 0;
        error = failed ? Posix.LastError : Errno.None;
        return failed ? null : status;
    }

    /// <summary>Makes a folder; one that is there already is fine.</summary>
    public Errno MakeFolder(EntryName name) => MakeNewFolder(name) is var error and not Errno.Exists ? error : Errno.None;

    /// <summary>Makes a folder where there is nothing.</summary>
    public Errno MakeNewFolder(EntryName name) => Outcome(Posix.MakeDirectoryAt(Handle, name.Terminated, FolderMode));

    /// <summary>Gives a name another name, in place of whatever file had it.</summary>
    public Errno MoveTo(DirectoryHandle folder, EntryName from, EntryName to) =>
        Outcome(Posix.RenameAt(Handle, from.Terminated, folder.Handle, to.Terminated));

    /// <summary>Gives a name another name, unless that name is taken.</summary>
    public Errno MoveToNew(DirectoryHandle folder, EntryName from, EntryName to)
    {
        var error = Outcome(Posix.RenameAt2(Handle, from.Terminated, folder.Handle, to.Terminated, Posix.RenameNoReplace));
        if (error is not (Errno.Invalid or Errno.NotImplemented))
        {
            return error;
        }

        // A file system that cannot do it at once, such as NFS: a second name is as good, which only folders cannot have.
        error = Outcome(Posix.LinkAt(Handle, from.Terminated, folder.Handle, to.Terminated, 0));
        return error switch
        {
            Errno.None => RemoveFile(from),
            Errno.NotPermitted => folder.Stat(to, out _) is null ? MoveTo(folder, from, to) : Errno.Exists,
            _ => error,
        };
    }

    public Errno RemoveFile(EntryName name) => Outcome(Posix.UnlinkAt(Handle, name.Terminated, 0));

    public Errno RemoveFolder(EntryName name) => Outcome(Posix.UnlinkAt(Handle, name.Terminated, Posix.UnlinkDirectory));

    /// <summary>Gives its owner every right to it.</summary>
    public Errno GrantOwner() => Outcome(Posix.ChangeMode(Handle, FolderMode));

    /// <summary>Gives the owner of a folder in it every right to that, even when it cannot be opened.</summary>
    public void GrantOwner(EntryName folder)
    {
        // A handle for the place alone needs no right to it, but fchmod does not take one; its name in /proc does.
        var descriptor = Posix.OpenAt(Handle, folder.Terminated, OpenFlags | Posix.PathOnly, 0);
        using var place = OwnFile(descriptor, out _);
        if (place is not null)
        {
            File.SetUnixFileMode($"/proc/self/fd/{descriptor}", (UnixFileMode)FolderMode);
        }
    }

    /// <summary>Makes the names in it last through a power cut.</summary>
    public Errno Sync() => Outcome(Posix.Sync(Handle));

    /// <summary>The names in it, in no order, each time anew from the first. Safe to nest, not to read twice at once.</summary>
    public IEnumerable<EntryName> ReadNames()
    {
        // A handle of its own begins at the first record.
        using var records = Own(Posix.OpenAt(Handle, ".\0"u8, OpenFlags, 0), out var error);
        if (records is null)
        {
            // A folder that was removed has none.
            if (error == Errno.NoEntry)
            {
                yield break;
            }

            throw new PosixException("openat", error);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(RecordBufferSize);
        try
        {
            while (Posix.ReadFolder(records.Handle, buffer) is var filled and not 0)
            {
                if (filled < 0 && Posix.LastError == Errno.NoEntry)
                {
                    yield break;
                }

                if (filled < 0)
                {
                    throw new PosixException("getdents64", Posix.LastError);
                }

                for (var at = 0; at < filled; at += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + RecordLengthOffset)))
                {
                    var name = buffer.AsSpan((at + RecordNameOffset)..filled);
                    if (!name.StartsWith(".\0"u8) && !name.StartsWith("..\0"u8))
                    {
                        yield return EntryName.From(name);
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => Handle.Dispose();

    private static SafeFileHandle? OwnFile(int descriptor, out Errno error)
    {
        error = OutcomeOfOpening(descriptor);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static Errno OutcomeOfOpening(int descriptor) => Outcome(descriptor) switch
    {
        Errno.TooManyOpenFiles or Errno.TooManyOpenFilesOfAll => throw new PosixException("open", Posix.LastError),
        var error => error,
    };

    private static Errno Outcome(int returned) => returned < 0 ? Posix.LastError : Errno.None;
}
