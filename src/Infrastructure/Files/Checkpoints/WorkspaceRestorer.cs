using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>Puts single files of a workspace back, without following links, and enters them into the books.</summary>
internal sealed class WorkspaceRestorer(WorkspaceFolders folders, BeneathResolver resolver, WorkspaceLocks locks, WorkspaceUsageLedger ledger)
{
    private const uint Plain = 0b110_000_000;
    private const uint Executable = 0b111_000_000;

    /// <summary>Makes a file hold that.</summary>
    /// <returns>Whether it does; not when something is in the way that is no file.</returns>
    public async Task<bool> PutAsync(SessionId session, WorkspacePath path, ReadOnlyMemory<byte> content, bool isExecutable, CancellationToken cancellationToken)
    {
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.Open(session, out _);
        using var folder = root is null ? null : OpenFolder(root, path);
        var name = EntryName.From(path.Name);
        var replaced = folder?.Stat(name, out _);
        if (folder is null || replaced is { IsDirectory: true })
        {
            return false;
        }

        using var change = ledger.Begin(session);
        if (await AtomicWrite.PutAsync(folder, name, content, isExecutable ? Executable : Plain, replace: true, cancellationToken) != Errno.None)
        {
            return false;
        }

        var freed = replaced is { IsRegular: true, HasOtherNames: false } old ? new WorkspaceTotals(-old.Size, -1) : default;
        change.Enter(path, replaced is null ? FileChange.Created : FileChange.Modified, freed + new WorkspaceTotals(content.Length, 1));
        return true;
    }

    /// <summary>Removes a file or link.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> RemoveAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken)
    {
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.Open(session, out _);
        using var folder = root is null ? null : resolver.OpenFolder(root, FolderOf(path), out _);
        var name = EntryName.From(path.Name);
        if (folder?.Stat(name, out _) is not { IsDirectory: false } removed)
        {
            return false;
        }

        using var change = ledger.Begin(session);
        if (folder.RemoveFile(name) != Errno.None)
        {
            return false;
        }

        change.Enter(path, FileChange.Deleted, removed is { IsRegular: true, HasOtherNames: false } ? new WorkspaceTotals(-removed.Size, -1) : default);
        return true;
    }

    private static DirectoryHandle? OpenFolder(DirectoryHandle root, WorkspacePath path)
    {
        var names = path.Value.Split('/');
        var folder = root.OpenFolder(EntryName.From("."), out _);
        foreach (var name in names[..^1])
        {
            using var above = folder;
            var entry = EntryName.From(name);
            folder = above?.MakeFolder(entry) == Errno.None ? above.OpenFolder(entry, out _) : null;
        }

        return folder;
    }

    private static string FolderOf(WorkspacePath path) => path.Value.LastIndexOf('/') is var slash and >= 0 ? path.Value[..slash] : ".";
}
