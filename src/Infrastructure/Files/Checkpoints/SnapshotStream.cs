using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>By what a file is known not to have changed.</summary>
internal readonly record struct FileMark(long Size, long ChangedTicks, ulong Inode, bool IsExecutable);

/// <summary>A file as it was last told to git.</summary>
/// <param name="Mark">By what it is known.</param>
/// <param name="Digest">Of its content, as long as it may be written again without the mark's showing it.</param>
internal readonly record struct KnownFile(FileMark Mark, string? Digest);

/// <summary>
/// Tells git what the files of a workspace are, in the language of <c>fast-import</c>: those that changed since the last time, read
/// through handles that follow no link.
/// </summary>
internal sealed class SnapshotStream(
    DirectoryHandle root, BeneathResolver resolver, Dictionary<string, KnownFile> known, TimeProvider time, long maxFileBytes, long maxFiles)
{
    // So many levels as a path of the workspace may have.
    private const int MaxDepth = WorkspacePath.MaxDepth;

    // A file that was written a moment ago may be written again without its time showing it.
    private static readonly long Moment = TimeSpan.FromSeconds(2).Ticks;

    // What tools make anew, by the ten thousand.
    private static readonly HashSet<string> LeftOut = new(StringComparer.OrdinalIgnoreCase) { ".git", "node_modules", ".venv", "__pycache__" };

    private readonly long _begun = time.GetUtcNow().UtcTicks;
    private readonly Dictionary<string, FileMark> _there = new(StringComparer.Ordinal);
    private readonly List<string> _changed = [];
    private readonly List<string> _gone = [];

    /// <summary>Whether something differs from what is known.</summary>
    public bool HasChanges => _changed.Count + _gone.Count > 0;

    /// <summary>Looks which files there are, and which of them changed.</summary>
    /// <returns>False when there are more than can be kept.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        if (!Look(root, "", 1, cancellationToken))
        {
            return false;
        }

        _gone.AddRange(known.Keys.Where(path => !_there.ContainsKey(path)));
        foreach (var (path, mark) in _there)
        {
            if (!await IsKnownAsync(path, mark, cancellationToken))
            {
                _changed.Add(path);
            }
        }

        return true;
    }

    /// <summary>Writes what changed, and takes it as known.</summary>
    public async Task WriteChangesAsync(Stream output, CancellationToken cancellationToken)
    {
        foreach (var path in _gone)
        {
            known.Remove(path);
            await WriteAsync(output, $"D {Quoted(path)}\n", cancellationToken);
        }

        foreach (var path in _changed)
        {
            using var content = await ReadAsync(path, cancellationToken);
            if (content is not null)
            {
                await WriteFileAsync(output, path, content, cancellationToken);
            }
            else if (known.Remove(path))
            {
                await WriteAsync(output, $"D {Quoted(path)}\n", cancellationToken);
            }
        }
    }

    public static async Task WriteAsync(Stream output, string text, CancellationToken cancellationToken) =>
        await output.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    private bool Look(DirectoryHandle folder, string path, int depth, CancellationToken cancellationToken)
    {
        foreach (var entry in folder.ReadNames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = entry.Text;
            var full = path.Length == 0 ? name : $"{path}/{name}";
            if (LeftOut.Contains(name) || !WorkspacePath.Parse(full).IsSuccess || folder.Stat(entry, out _) is not { } status)
            {
                continue;
            }

            if (status.IsDirectory)
            {
                using var inner = depth < MaxDepth ? folder.OpenFolder(entry, out _) : null;
                if (inner is not null && !Look(inner, full, depth + 1, cancellationToken))
                {
                    return false;
                }
            }
            else if (status.IsRegular && status.Size <= maxFileBytes)
            {
                if (_there.Count >= maxFiles)
                {
                    return false;
                }

                _there[full] = new FileMark(status.Size, status.Changed.UtcTicks, status.Identity.Inode, (status.Permissions & 0b001_000_000) != 0);
            }
        }

        return true;
    }

    private async Task<bool> IsKnownAsync(string path, FileMark mark, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(path, out var before) || before.Mark != mark)
        {
            return false;
        }

        if (before.Digest is null)
        {
            return true;
        }

        using var content = await ReadAsync(path, cancellationToken);
        if (content?.Digest() != before.Digest)
        {
            return false;
        }

        if (IsOld(mark))
        {
            known[path] = new KnownFile(mark, null);
        }

        return true;
    }

    private async Task WriteFileAsync(Stream output, string path, FileContent content, CancellationToken cancellationToken)
    {
        // As it was before it was read: whatever was written since shows in the next mark.
        var mark = _there[path];
        known[path] = new KnownFile(mark, IsOld(mark) ? null : content.Digest());
        await WriteAsync(output, string.Create(CultureInfo.InvariantCulture, $"M {(mark.IsExecutable ? "100755" : "100644")} inline {Quoted(path)}\ndata {content.Bytes.Length}\n"), cancellationToken);
        await output.WriteAsync(content.Bytes, cancellationToken);
        await WriteAsync(output, "\n", cancellationToken);
    }

    private bool IsOld(FileMark mark) => _begun - mark.ChangedTicks > Moment;

    /// <returns>Null when it is gone, or no file any more, or has grown too large.</returns>
    private async Task<FileContent?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var file = Open(path);
        if (file is null || Posix.Stat(file, out var status) < 0 || !status.IsRegular || status.Size > maxFileBytes)
        {
            return null;
        }

        var content = new FileContent((int)status.Size);
        try
        {
            await content.FillAsync(file, cancellationToken);
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private SafeFileHandle? Open(string path)
    {
        var slash = path.LastIndexOf('/');
        using var folder = resolver.OpenFolder(root, slash < 0 ? "." : path[..slash], out _);
        return folder?.OpenFile(EntryName.From(path[(slash + 1)..]), out _);
    }

    // A workspace path has neither backslashes nor control characters.
    private static string Quoted(string path) => $"\"{path.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private sealed class FileContent(int size) : IDisposable
    {
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(size + 1);
        private int _filled;

        public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _filled);

        public async Task FillAsync(SafeFileHandle file, CancellationToken cancellationToken)
        {
            while (_filled < size && await RandomAccess.ReadAsync(file, _buffer.AsMemory(_filled, size - _filled), _filled, cancellationToken) is var read and > 0)
            {
                _filled += read;
            }
        }

        public string Digest() => Convert.ToHexString(SHA256.HashData(Bytes.Span));

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }
}
