using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Audit;

/// <summary>An entry with the time of its act.</summary>
internal readonly record struct TimedEntry(AuditEntry Entry, DateTimeOffset Time);

/// <summary>
/// The end of the chain on disk. Several processes may add to it: the server, and commands beside it. Each takes the folder's lock for
/// as long as it writes, and goes on from where the other one stopped.
/// </summary>
internal sealed class AuditChain(string folder, long maxFileBytes, string node, TimeProvider time) : IDisposable
{
    private const string LockName = "lock";
    private const int MaxLineBytes = 256 * 1024;

    private SafeFileHandle? _lock;
    private SafeFileHandle? _file;
    private string _path = "";
    private long _length;
    private AuditHead _head = AuditHead.None;

    /// <summary>Adds entries, all or none, and returns once they are on disk.</summary>
    /// <returns>Where the chain stands.</returns>
    /// <exception cref="StoreUnavailableException">The log cannot be gone on with: its last record is not what was written.</exception>
    /// <exception cref="IOException">The log cannot be written.</exception>
    public AuditHead Append(IReadOnlyList<TimedEntry> entries)
    {
        var held = TakeLock();
        try
        {
            List<TimedEntry> all = [.. GoOn(), .. entries];
            if (all.Count > 0)
            {
                Write(all);
            }

            return _head;
        }
        finally
        {
            Posix.Give(held);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
    }

    private void Write(List<TimedEntry> entries)
    {
        var output = new ArrayBufferWriter<byte>();
        var head = _head;
        foreach (var (entry, at) in entries)
        {
            head = AuditRecord.Write(output, head, at, node, entry);
        }

        if (_file is null || (_length > 0 && _length + output.WrittenCount > maxFileBytes))
        {
            BeginFile(_head.Seq + 1);
        }

        try
        {
            RandomAccess.Write(_file!, output.WrittenSpan, _length);
            RandomAccess.FlushToDisk(_file!);
        }
        catch
        {
            TakeBack();
            throw;
        }

        _length += output.WrittenCount;
        _head = head;
    }

    // What of a group got onto a disk that is full must not stay: the group is written anew.
    private void TakeBack()
    {
        try
        {
            RandomAccess.SetLength(_file!, _length);
        }
        catch (IOException)
        {
            // The next one to write finds what is left, and judges it.
        }

        Leave();
    }

    /// <summary>Finds the end of the chain, unless it is where this process left it.</summary>
    /// <returns>What is to be recorded of that.</returns>
    private IReadOnlyList<TimedEntry> GoOn()
    {
        if (_file is not null && File.Exists(_path) && RandomAccess.GetLength(_file) == _length && !File.Exists(AuditFolder.FileOf(folder, _head.Seq + 1)))
        {
            return [];
        }

        var known = _head;
        try
        {
            return Find();
        }
        finally
        {
            if (_head.Seq < known.Seq)
            {
                // Somebody removed what this process has written. To go on from what is left would hide it.
                Leave();
                _head = known;
            }
        }
    }

    private IReadOnlyList<TimedEntry> Find()
    {
        Leave();
        _head = AuditHead.None;
        var files = AuditFolder.Files(folder);
        IReadOnlyList<TimedEntry> repaired = [];
        for (var i = files.Count - 1; i >= 0 && _head.Seq == 0; i--)
        {
            repaired = Open(files[i], isLast: i == files.Count - 1) is { } repair ? [repair] : repaired;
        }

        return repaired;
    }

    private void Leave()
    {
        _file?.Dispose();
        _file = null;
    }

    // The last file is the one to write to, be it empty; the last record may be in the one before.
    private TimedEntry? Open(string path, bool isLast)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var length = RandomAccess.GetLength(file);
            var tail = new byte[Math.Min(length, MaxLineBytes)];
            tail = tail[..RandomAccess.Read(file, tail, length - tail.Length)];
            var end = tail.AsSpan().LastIndexOf((byte)'\n') + 1;
            if (end == 0 && tail.Length == MaxLineBytes)
            {
                throw Damaged(path, "it ends in something that is no record.");
            }

            var torn = tail.AsMemory(end);
            TimedEntry? repair = null;
            if (isLast && torn.Length > 0)
            {
                RandomAccess.SetLength(file, length - torn.Length);
                repair = Repaired(path, torn.Span);
            }

            if (end > 0)
            {
                var start = tail.AsSpan(0, end - 1).LastIndexOf((byte)'\n') + 1;
                if (AuditRecord.Check(tail.AsSpan(start, end - 1 - start), out _head, out _) is { } wrong)
                {
                    _head = AuditHead.None;
                    throw Damaged(path, wrong);
                }
            }

            if (isLast)
            {
                (_file, _path, _length) = (file, path, length - torn.Length);
                file = null;
            }

            return repair;
        }
        finally
        {
            file?.Dispose();
        }
    }

    private void BeginFile(long firstSeq)
    {
        Leave();
        _path = AuditFolder.FileOf(folder, firstSeq);
        _file = Create(_path);
        _length = RandomAccess.GetLength(_file);
        Posix.SyncFolder(folder);
    }

    private SafeFileHandle TakeLock()
    {
        var path = Path.Combine(folder, LockName);
        if (_lock is null || !File.Exists(path))
        {
            _lock?.Dispose();
            _lock = null;
            Directory.CreateDirectory(folder, AuditFolder.OwnerOnlyFolder);
            _lock = Posix.OpenLock(path);
        }

        Posix.Take(_lock);
        return _lock;
    }

    private static SafeFileHandle Create(string path)
    {
        var existed = File.Exists(path);
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (!existed)
        {
            File.SetUnixFileMode(file, AuditFolder.OwnerOnlyFile);
        }

        return file;
    }

    private TimedEntry Repaired(string path, ReadOnlySpan<byte> torn) => new(
        new AuditEntry("audit.repaired", AuditOutcome.Done)
        {
            Credential = AuditCredential.Server,
            Target = Path.GetFileName(path),
            Details = new AuditAct("").With("removed_bytes", torn.Length.ToString(CultureInfo.InvariantCulture))
                .With("sha256", Convert.ToHexStringLower(SHA256.HashData(torn))).Details,
        },
        time.GetUtcNow());

    private static StoreUnavailableException Damaged(string path, string why) => new(
        $"The audit log cannot be gone on with: the last record of {path} is damaged, since {why} See what claudy audit verify says, move the folder away as evidence, and start again.",
        new InvalidDataException(why));
}
