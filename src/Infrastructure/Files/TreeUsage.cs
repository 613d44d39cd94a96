namespace Claudy.Infrastructure.Files;

/// <summary>Counts what the files of a tree hold; a file with several names counts once.</summary>
internal sealed class TreeUsage
{
    // Each level holds a handle. Tools do not nest this deep; what lies deeper is not counted.
    private const int MaxDepth = 256;

    private readonly HashSet<(uint Major, uint Minor, ulong Inode)> _seen = [];

    private TreeUsage()
    {
    }

    public long Bytes { get; private set; }

    public long Files { get; private set; }

    /// <summary>Folders, links and the like.</summary>
    public long Others { get; private set; }

    public WorkspaceTotals Totals => new(Bytes, Files, Others);

    public static TreeUsage Of(DirectoryHandle root, CancellationToken cancellationToken)
    {
        var usage = new TreeUsage();
        usage.Add(root, 0, cancellationToken);
        return usage;
    }

    private void Add(DirectoryHandle folder, int depth, CancellationToken cancellationToken)
    {
        foreach (var name in folder.ReadNames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (folder.Stat(name, out _) is not { } status)
            {
                continue; // Gone since it was read.
            }

            Others += status.IsRegular ? 0 : 1;
            if (status.IsDirectory)
            {
                using var inner = depth < MaxDepth ? folder.OpenFolder(name, out _) : null;
                if (inner is not null)
                {
                    Add(inner, depth + 1, cancellationToken);
                }
            }
            else if (status.IsRegular && (!status.HasOtherNames || _seen.Add(status.Identity)))
            {
                Files++;
                Bytes = Bytes > long.MaxValue - status.Size ? long.MaxValue : Bytes + status.Size;
            }
        }
    }
}
