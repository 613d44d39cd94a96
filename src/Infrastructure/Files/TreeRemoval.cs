using System.Security.Cryptography;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// Removes a tree, whatever is in it: links (not what they point to), folders without permissions, and nesting deeper
/// than any path can say.
/// </summary>
internal static class TreeRemoval
{
    // Each level holds a handle; what is deeper is moved up to the top first.
    private const int MaxDepth = 64;

    /// <summary>Removes a folder and all that is in it; harmless when there is none.</summary>
    public static void Remove(DirectoryHandle parent, EntryName name, CancellationToken cancellationToken)
    {
        while (OpenForRemoval(parent, name) is { } top)
        {
            using (top)
            {
                Empty(top, top, 0, cancellationToken);
            }

            if (parent.RemoveFolder(name) is var error and not (Errno.None or Errno.NoEntry or Errno.NotEmpty))
            {
                throw new PosixException("unlinkat", error);
            }
        }
    }

    private static void Empty(DirectoryHandle folder, DirectoryHandle top, int depth, CancellationToken cancellationToken)
    {
        // Read first, then remove: what a folder lists while it changes is not defined.
        foreach (var name in folder.ReadNames().ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (folder.RemoveFile(name))
            {
                case Errno.None or Errno.NoEntry:
                    break;
                case Errno.IsDirectory when depth == MaxDepth:
                    folder.GrantOwner(name);
                    Expect(folder.MoveTo(top, name, EntryName.From($".claudy-removed-{RandomNumberGenerator.GetHexString(16)}")), "renameat");
                    break;
                case Errno.IsDirectory:
                    RemoveFolder(folder, name, top, depth, cancellationToken);
                    break;
                case var error:
                    throw new PosixException("unlinkat", error);
            }
        }
    }

    private static void RemoveFolder(DirectoryHandle parent, EntryName name, DirectoryHandle top, int depth, CancellationToken cancellationToken)
    {
        using (var folder = OpenForRemoval(parent, name))
        {
            if (folder is not null)
            {
                Empty(folder, top, depth + 1, cancellationToken);
            }
        }

        // Not empty when something was added meanwhile: the next round gets it.
        Expect(parent.RemoveFolder(name) is var error and not (Errno.NoEntry or Errno.NotEmpty) ? error : Errno.None, "unlinkat");
    }

    /// <summary>Opens a folder with the rights that emptying it takes, which its owner may have taken away (Go's module cache does).</summary>
    private static DirectoryHandle? OpenForRemoval(DirectoryHandle parent, EntryName name)
    {
        var folder = parent.OpenFolder(name, out var error);
        if (error == Errno.AccessDenied)
        {
            parent.GrantOwner(name);
            folder = parent.OpenFolder(name, out error);
        }

        if (folder is null)
        {
            return error == Errno.NoEntry ? null : throw new PosixException("openat", error);
        }

        folder.GrantOwner();
        return folder;
    }

    private static void Expect(Errno error, string call)
    {
        if (error != Errno.None)
        {
            throw new PosixException(call, error);
        }
    }
}
