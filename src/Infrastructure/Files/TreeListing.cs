using Claudy.Application.Files.Ports;
using Claudy.Domain.Workspaces;
using Claudy.Domain.Workspaces.Ignoring;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// One page of a tree, a folder before what is in it and names by their UTF-16 code units. Names that no workspace path
/// may have are left out, with all that is in them.
/// </summary>
internal sealed class TreeListing
{
    private readonly bool _recursive;
    private readonly int _limit;
    private readonly CancellationToken _cancellationToken;
    private readonly List<FileEntry> _entries = [];
    private string? _last;
    private bool _more;

    private TreeListing(bool recursive, int limit, CancellationToken cancellationToken)
    {
        _recursive = recursive;
        _limit = limit;
        _cancellationToken = cancellationToken;
    }

    /// <param name="folder">What is listed.</param>
    /// <param name="path">Its path within the workspace; null for the workspace itself.</param>
    /// <param name="recursive">Whether folders within are listed too.</param>
    /// <param name="limit">The most entries.</param>
    /// <param name="after">The names from <paramref name="folder"/> to the last entry before the page; empty for the first page.</param>
    /// <param name="ignored">What is left out; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static FilePage Page(
        DirectoryHandle folder,
        WorkspacePath? path,
        bool recursive,
        int limit,
        ReadOnlySpan<string> after,
        IgnoreStack? ignored,
        CancellationToken cancellationToken)
    {
        var listing = new TreeListing(recursive, limit, cancellationToken);
        listing.Visit(folder, path is null ? "" : path.Value + "/", after, ignored);
        return new FilePage(listing._entries, listing._more && listing._last is { } last ? ListingCursor.After(last) : null);
    }

    private void Visit(DirectoryHandle folder, string prefix, ReadOnlySpan<string> after, IgnoreStack? ignored)
    {
        var from = after.IsEmpty ? null : after[0];
        var paths = FirstPaths(folder, prefix, from, ignored, out var truncated);
        foreach (var path in paths)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var name = EntryName.From(path.Name);
            if (folder.Stat(name, out _) is not { } status)
            {
                continue; // Gone since it was read.
            }

            // The name that the last page ended at, or within, was on that page.
            var isOld = path.Name == from;
            if (!isOld && !Take(path, status))
            {
                return;
            }

            if (_recursive && status.IsDirectory)
            {
                using var inner = folder.OpenFolder(name, out _);
                if (inner is not null)
                {
                    Visit(inner, path.Value + "/", isOld ? after[1..] : [], ignored?.Within(IgnoreFiles.Read(inner), path.Value));
                }

                if (_more)
                {
                    return;
                }
            }
        }

        if (truncated)
        {
            _more = true;
            _last = paths[^1].Value;
        }
    }

    private bool Take(WorkspacePath path, FileStatus status)
    {
        if (_entries.Count == _limit)
        {
            _more = true;
            return false;
        }

        var type = status switch
        {
            { IsRegular: true } => FileEntryType.File,
            { IsDirectory: true } => FileEntryType.Directory,
            { IsSymlink: true } => FileEntryType.Symlink,
            _ => FileEntryType.Other,
        };
        _entries.Add(new FileEntry(path, type == FileEntryType.Directory ? 0 : status.Size, status.Modified, type));
        _last = path.Value;
        return true;
    }

    /// <summary>As many paths as the page can still need, in order: however many names a folder has, few are held.</summary>
    private List<WorkspacePath> FirstPaths(DirectoryHandle folder, string prefix, string? from, IgnoreStack? ignored, out bool truncated)
    {
        // One that was on the last page, those that still fit, and one that tells whether there are more.
        var most = _limit - _entries.Count + 2;
        var last = new PriorityQueue<WorkspacePath, string>(Comparer<string>.Create((left, right) => string.CompareOrdinal(right, left)));
        truncated = false;
        foreach (var entry in folder.ReadNames())
        {
            var name = entry.Text;
            if ((from is not null && string.CompareOrdinal(name, from) < 0) || WorkspacePath.Parse(prefix + name) is not { IsSuccess: true, Value: var path })
            {
                continue;
            }

            if (ignored is not null && ignored.Ignores(path.Value, folder.Stat(entry, out _) is { IsDirectory: true }))
            {
                continue;
            }

            last.Enqueue(path, name);
            if (last.Count > most)
            {
                last.Dequeue();
                truncated = true;
            }
        }

        var paths = new List<WorkspacePath>(last.Count);
        while (last.TryDequeue(out var path, out _))
        {
            paths.Add(path);
        }

        paths.Reverse();
        return paths;
    }
}
