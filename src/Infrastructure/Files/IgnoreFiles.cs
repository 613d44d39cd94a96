using Claudy.Domain.Workspaces;
using Claudy.Domain.Workspaces.Ignoring;

namespace Claudy.Infrastructure.Files;

/// <summary>Reads the <c>.gitignore</c> files of a workspace; as git does, none that is a link.</summary>
internal static class IgnoreFiles
{
    /// <summary>All from the workspace down to a folder.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="path">Which folder; null for the workspace itself.</param>
    /// <param name="folders">Opens those on the way.</param>
    /// <returns>Null when the folder itself is left out, or is within one that is.</returns>
    public static IgnoreStack? Load(DirectoryHandle root, WorkspacePath? path, WorkspaceFolders folders)
    {
        var stack = IgnoreStack.OfRoot(Read(root));
        for (var end = 0; path is not null && end < path.Value.Length;)
        {
            var slash = path.Value.IndexOf('/', end + 1);
            end = slash < 0 ? path.Value.Length : slash;
            var above = path.Value[..end];
            if (stack.Ignores(above, isDirectory: true))
            {
                return null;
            }

            using var folder = folders.OpenFolder(root, WorkspacePath.Parse(above).Value, out _);
            stack = stack.Within(folder is null ? null : Read(folder), above);
        }

        return stack;
    }

    /// <summary>That of one folder; null when there is none.</summary>
    public static GitIgnore? Read(DirectoryHandle folder)
    {
        using var file = folder.OpenFile(EntryName.From(GitIgnore.FileName), out _);
        if (file is null || Posix.Stat(file, out var status) < 0 || !status.IsRegular)
        {
            return null;
        }

        var content = new byte[(int)Math.Min(status.Size, GitIgnore.MaxBytes)];
        return new GitIgnore(content.AsSpan(0, RandomAccess.Read(file, content, 0)));
    }
}
