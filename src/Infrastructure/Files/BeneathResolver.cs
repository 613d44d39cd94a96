namespace Claudy.Infrastructure.Files;

/// <summary>Opens folders beneath a folder by a relative path of which no part may be a symbolic link.</summary>
internal abstract class BeneathResolver
{
    /// <summary>What this kernel, or the filter that a container puts before it, lets us use.</summary>
    public static BeneathResolver Detect()
    {
        using var root = DirectoryHandle.Open("/", out var error) ?? throw new PosixException("open", error);
        using var itself = OpenAt2.Instance.OpenFolder(root, ".", out error);
        return error is Errno.NotImplemented or Errno.NotPermitted ? ComponentWise.Instance : OpenAt2.Instance;
    }

    /// <summary>Opens a folder.</summary>
    /// <param name="root">Where the path begins.</param>
    /// <param name="path">Names with slashes between them.</param>
    /// <param name="error"><see cref="Errno.Loop"/> when a link is on the way.</param>
    public abstract DirectoryHandle? OpenFolder(DirectoryHandle root, string path, out Errno error);

    /// <summary>The kernel resolves the whole path and refuses what leads out (Linux 5.6).</summary>
    public sealed class OpenAt2 : BeneathResolver
    {
        public static readonly OpenAt2 Instance = new();

        public override DirectoryHandle? OpenFolder(DirectoryHandle root, string path, out Errno error)
        {
            var how = new OpenHow
            {
                // Not to follow the last name is said by Resolve too, and then a link fails as a link, not as "no folder".
                Flags = (ulong)(DirectoryHandle.OpenFlags & ~Posix.NoFollow),
                Resolve = Posix.ResolveBeneath | Posix.ResolveNoMagicLinks | Posix.ResolveNoSymlinks,
            };
            return DirectoryHandle.Own(Posix.OpenAt2(root.Handle, EntryName.From(path).Terminated, how), out error);
        }
    }

    /// <summary>Walks name by name, each from the open folder before it.</summary>
    public sealed class ComponentWise : BeneathResolver
    {
        public static readonly ComponentWise Instance = new();

        public override DirectoryHandle? OpenFolder(DirectoryHandle root, string path, out Errno error)
        {
            error = Errno.None;
            DirectoryHandle? folder = null;
            foreach (var name in path.Split('/'))
            {
                using var above = folder;
                folder = (above ?? root).OpenFolder(EntryName.From(name), out error);
                if (folder is null)
                {
                    return null;
                }
            }

            return folder;
        }
    }
}
