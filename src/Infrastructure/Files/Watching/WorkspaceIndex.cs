using System.Text;

namespace Claudy.Infrastructure.Files.Watching;

/// <summary>What was found under a name.</summary>
internal readonly record struct IndexedName(bool IsFolder, bool IsRegular, long Size, long ModifiedTicks, ulong Inode)
{
    public static IndexedName Of(FileStatus status) => status switch
    {
        { IsDirectory: true } => new IndexedName(true, false, 0, 0, status.Identity.Inode),
        { IsRegular: true } => new IndexedName(false, true, status.Size, status.Modified.UtcTicks, status.Identity.Inode),
        _ => new IndexedName(false, false, 0, status.Modified.UtcTicks, status.Identity.Inode),
    };
}

/// <summary>A folder and the names in it. Names are bytes as Latin-1, since they need not be text.</summary>
internal sealed class IndexedFolder(string path)
{
    /// <summary>Where it is; empty for the workspace itself.</summary>
    public string Path { get; } = path;

    public Dictionary<string, IndexedName> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The kernel's watch on it; -1 for none.</summary>
    public int Watch { get; set; } = -1;

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}/{name}";
}

/// <summary>All names of a workspace, as they were found, and their sums; some hundred bytes a name.</summary>
internal sealed class WorkspaceIndex
{
    private readonly Dictionary<string, IndexedFolder> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, (int Names, long Size)> _files = [];
    private long _bytes;
    private long _others;

    /// <summary>What is in it; a file with several names counts once.</summary>
    public WorkspaceTotals Totals => new(_bytes, _files.Count, _others);

    /// <summary>How many names are kept; more than files where files have several.</summary>
    public long NameCount { get; private set; }

    /// <summary>How long the paths of all folders are together.</summary>
    public long PathLength { get; private set; }

    /// <summary>A path as people write it.</summary>
    public static string TextOf(string path) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(path));

    /// <summary>A path as it is kept here.</summary>
    public static string KeyOf(string path) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path));

    public IndexedFolder? Find(string path) => _folders.GetValueOrDefault(path);

    public IndexedFolder Add(string path)
    {
        var folder = new IndexedFolder(path);
        _folders.Add(path, folder);
        PathLength += path.Length;
        return folder;
    }

    public void Remove(IndexedFolder folder)
    {
        if (_folders.Remove(folder.Path))
        {
            PathLength -= folder.Path.Length;
        }
    }

    public void Set(IndexedFolder folder, string name, IndexedName found)
    {
        Remove(folder, name);
        folder.Names.Add(name, found);
        NameCount++;
        if (!found.IsRegular)
        {
            _others++;
            return;
        }

        var (names, size) = _files.GetValueOrDefault(found.Inode);
        _files[found.Inode] = (names + 1, found.Size);
        _bytes += found.Size - size;
    }

    public void Remove(IndexedFolder folder, string name)
    {
        if (!folder.Names.Remove(name, out var known))
        {
            return;
        }

        NameCount--;

        if (!known.IsRegular)
        {
            _others--;
            return;
        }

        var (names, size) = _files[known.Inode];
        if (names == 1)
        {
            _files.Remove(known.Inode);
            _bytes -= size;
        }
        else
        {
            _files[known.Inode] = (names - 1, size);
        }
    }
}
