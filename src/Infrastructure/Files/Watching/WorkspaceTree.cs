using System.Text;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Watching;

/// <summary>Keeps an index of a workspace like the disk, and says what it finds changed. Links are names like others, and never followed.</summary>
/// <remarks>
/// Nothing is concluded from what the kernel says happened: it only says where to look. So a name may be looked at twice, or by
/// two parties, and counts once.
/// </remarks>
internal sealed class WorkspaceTree(DirectoryHandle root, Inotify? inotify, long maxNames, Action<string, FileChange> changed)
{
    // As deep as is counted elsewhere.
    private const int MaxDepth = 256;

    // Of all folders' paths together, in characters.
    private const long MaxPathLength = 16L << 20;

    private readonly WorkspaceIndex _index = new();
    private readonly Dictionary<int, IndexedFolder> _watches = [];
    private bool _isSilent;

    public WorkspaceTotals Totals => _index.Totals;

    /// <summary>Why some folder is not watched; none when all are.</summary>
    public Errno WatchError { get; private set; }

    /// <summary>Whether there is more than is kept in memory; then the totals are too small.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Takes all that is there as known.</summary>
    public void Begin(CancellationToken cancellationToken)
    {
        _isSilent = true;
        Reconcile(cancellationToken);
        _isSilent = false;
    }

    /// <summary>Looks at everything.</summary>
    public void Reconcile(CancellationToken cancellationToken)
    {
        IsTooLarge = false;
        var folder = _index.Find("");
        if (folder is null)
        {
            folder = _index.Add("");
            Watch(root, folder);
        }

        Reconcile(root, folder, depth: 0, cancellationToken);
    }

    /// <summary>The folder that the kernel speaks of; null when it is not one of this tree any more.</summary>
    public IndexedFolder? FolderOf(int watch) => _watches.GetValueOrDefault(watch);

    /// <summary>Looks at some names of a folder.</summary>
    public void Look(IndexedFolder folder, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(_index.Find(folder.Path), folder))
        {
            return; // It went, and with it all of its names.
        }

        using var opened = Open(folder.Path, out var depth);
        if (opened is null)
        {
            return; // What holds it tells of its end.
        }

        foreach (var name in names)
        {
            Look(opened, folder, name, isDeep: false, depth, cancellationToken);
        }
    }

    /// <summary>Looks at a path, and at the folders on the way that are new.</summary>
    public void Look(WorkspacePath path, CancellationToken cancellationToken)
    {
        var names = WorkspaceIndex.KeyOf(path.Value).Split('/');
        for (var known = names.Length - 1; known >= 0; known--)
        {
            if (_index.Find(string.Join('/', names[..known])) is { } folder)
            {
                Look(folder, [names[known]], cancellationToken);
                return;
            }
        }
    }

    private void Reconcile(DirectoryHandle opened, IndexedFolder folder, int depth, CancellationToken cancellationToken)
    {
        HashSet<string> there = new(StringComparer.Ordinal);
        foreach (var entry in opened.ReadNames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Encoding.Latin1.GetString(entry.Terminated[..^1]);
            there.Add(name);
            Look(opened, folder, name, isDeep: true, depth, cancellationToken);
            if (IsTooLarge)
            {
                return;
            }
        }

        foreach (var gone in folder.Names.Keys.Where(name => !there.Contains(name)).ToList())
        {
            Remove(folder, gone);
        }
    }

    private void Look(DirectoryHandle opened, IndexedFolder folder, string name, bool isDeep, int depth, CancellationToken cancellationToken)
    {
        var entry = EntryName.FromBytes(Encoding.Latin1.GetBytes(name));
        var status = opened.Stat(entry, out _);
        var isKnown = folder.Names.TryGetValue(name, out var known);
        if (status is null)
        {
            Remove(folder, name);
            return;
        }

        var found = IndexedName.Of(status.Value);
        if (isKnown && (known.IsFolder || found.IsFolder) && (known.IsFolder != found.IsFolder || known.Inode != found.Inode))
        {
            Remove(folder, name);
            isKnown = false;
        }

        if (found.IsFolder)
        {
            LookAtFolder(opened, folder, name, found, isKnown, isDeep, depth, cancellationToken);
        }
        else if (!isKnown || known != found)
        {
            if (!isKnown && !HasRoom())
            {
                return;
            }

            _index.Set(folder, name, found);
            Tell(folder, name, isKnown ? FileChange.Modified : FileChange.Created);
        }
    }

    private void LookAtFolder(
        DirectoryHandle above, IndexedFolder folder, string name, IndexedName found, bool isKnown, bool isDeep, int depth, CancellationToken cancellationToken)
    {
        var inner = isKnown ? _index.Find(folder.PathOf(name)) : null;
        if ((inner is not null && !isDeep) || depth >= MaxDepth || (!isKnown && !HasRoom()))
        {
            return;
        }

        using var opened = above.OpenFolder(EntryName.FromBytes(Encoding.Latin1.GetBytes(name)), out _);
        if (!isKnown)
        {
            _index.Set(folder, name, found);
        }

        if (opened is null)
        {
            return; // Closed to us, or gone again.
        }

        if (inner is null)
        {
            // First watched, then read: what comes in between is seen twice and not missed.
            inner = _index.Add(folder.PathOf(name));
            Watch(opened, inner);
        }

        Reconcile(opened, inner, depth + 1, cancellationToken);
    }

    private void Remove(IndexedFolder folder, string name)
    {
        if (!folder.Names.TryGetValue(name, out var known))
        {
            return;
        }

        _index.Remove(folder, name);
        if (!known.IsFolder)
        {
            Tell(folder, name, FileChange.Deleted);
        }
        else if (_index.Find(folder.PathOf(name)) is { } inner)
        {
            foreach (var gone in inner.Names.Keys.ToList())
            {
                Remove(inner, gone);
            }

            Unwatch(inner);
            _index.Remove(inner);
        }
    }

    private bool HasRoom()
    {
        IsTooLarge |= _index.NameCount >= maxNames || _index.PathLength >= MaxPathLength;
        return !IsTooLarge;
    }

    private void Watch(DirectoryHandle opened, IndexedFolder folder)
    {
        if (inotify is null || WatchError != Errno.None)
        {
            return;
        }

        folder.Watch = inotify.Watch(opened, out var error);
        if (folder.Watch < 0)
        {
            WatchError = error;
            return;
        }

        // A folder that was moved here keeps its watch, which was that of its old place.
        _watches[folder.Watch] = folder;
    }

    private void Unwatch(IndexedFolder folder)
    {
        if (inotify is not null && _watches.TryGetValue(folder.Watch, out var watched) && ReferenceEquals(watched, folder))
        {
            _watches.Remove(folder.Watch);
            inotify.Unwatch(folder.Watch);
        }
    }

    private void Tell(IndexedFolder folder, string name, FileChange change)
    {
        if (!_isSilent)
        {
            changed(WorkspaceIndex.TextOf(folder.PathOf(name)), change);
        }
    }

    private DirectoryHandle? Open(string path, out int depth)
    {
        depth = 0;
        var folder = root.OpenFolder(EntryName.From("."), out _);
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using var above = folder;
            folder = above?.OpenFolder(EntryName.FromBytes(Encoding.Latin1.GetBytes(name)), out _);
            depth++;
        }

        return folder;
    }
}
