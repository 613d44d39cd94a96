using System.Buffers;
using System.Globalization;
using System.Text;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>By what a file is known not to have changed.</summary>
internal readonly record struct FileMark(long Size, long ModifiedTicks, ulong Inode, bool IsExecutable);

/// <summary>
/// Tells git what the files of a workspace are, in the language of <c>fast-import</c>: those that changed since the last time, read
/// through handles that follow no link.
/// </summary>
internal sealed class SnapshotStream(
    DirectoryHandle root, BeneathResolver resolver, Dictionary<string, FileMark> known, TimeProvider time, long maxFileBytes, long maxFiles)
{
    // So many levels as a path of the workspace may have.
    private const int MaxDepth = WorkspacePath.MaxDepth;

    // A file that was written a moment ago may be written again without its time showing it.
    private static readonly long Moment = TimeSpan.FromSeconds(2).Ticks;

    // What tools make anew, by the ten thousand.
    private static readonly HashSet<string> LeftOut = new(StringComparer.OrdinalIgnoreCase) { ".git", "node_modules", ".venv", "__pycache__" };

    private readonly Dictionary<string, FileMark> _there = new(StringComparer.Ordinal);

    /// <summary>Looks which files there are.</summary>
    /// <returns>False when there are more than can be kept.</returns>
    public bool Look(CancellationToken cancellationToken) => Look(root, "", 1, cancellationToken);

    /// <summary>Whether something differs from what is known.</summary>
    public bool HasChanges => _there.Count != known.Count || _there.Any(file => !known.TryGetValue(file.Key, out var before) || before != file.Value);

    /// <summary>Writes what changed, and takes it as known.</summary>
    public async Task WriteChangesAsync(Stream output, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcTicks;
        foreach (var gone in known.Keys.Where(path => !_there.ContainsKey(path)).ToList())
        {
            known.Remove(gone);
            await WriteAsync(output, $"D {Quoted(gone)}\n", cancellationToken);
        }

        foreach (var (path, mark) in _there.Where(file => !known.TryGetValue(file.Key, out var before) || before != file.Value))
        {
            var isWritten = await WriteFileAsync(output, path, mark, cancellationToken);
            if (!isWritten && known.ContainsKey(path))
            {
                await WriteAsync(output, $"D {Quoted(path)}\n", cancellationToken);
            }

            // What may change unseen is known by a mark that it never has.
            known[path] = isWritten && now - mark.ModifiedTicks > Moment ? mark : mark with { Size = -1 };
            if (!isWritten)
            {
                known.Remove(path);
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

                _there[full] = new FileMark(status.Size, status.Modified.UtcTicks, status.Identity.Inode, (status.Permissions & 0b001_000_000) != 0);
            }
        }

        return true;
    }

    /// <returns>False when it is gone, or no file any more.</returns>
    private async Task<bool> WriteFileAsync(Stream output, string path, FileMark mark, CancellationToken cancellationToken)
    {
        using var file = Open(path);
        if (file is null || Posix.Stat(file, out var status) < 0 || !status.IsRegular || status.Size > maxFileBytes)
        {
            return false;
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)status.Size + 1);
        try
        {
            var filled = 0;
            while (filled < status.Size && await RandomAccess.ReadAsync(file, buffer.AsMemory(filled, (int)status.Size - filled), filled, cancellationToken) is var read and > 0)
            {
                filled += read;
            }

            await WriteAsync(output, string.Create(CultureInfo.InvariantCulture, $"M {(mark.IsExecutable ? "100755" : "100644")} inline {Quoted(path)}\ndata {filled}\n"), cancellationToken);
            await output.WriteAsync(buffer.AsMemory(0, filled), cancellationToken);
            await WriteAsync(output, "\n", cancellationToken);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
}
