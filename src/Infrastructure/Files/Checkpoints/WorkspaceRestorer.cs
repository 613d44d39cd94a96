using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>Puts single files of a workspace back, without following links, and enters them into the books.</summary>
internal sealed class WorkspaceRestorer(WorkspaceFolders folders, StagingArea staging, WorkspaceLocks locks, WorkspaceUsageLedger ledger)
{
    private const uint Plain = 0b110_000_000;
    private const uint Executable = 0b111_000_000;

    /// <summary>Makes a file hold that; a crash may undo it until <see cref="Sync"/>.</summary>
    /// <returns>Whether it does; not when something is in the way that is no file, or it cannot be written.</returns>
    public async Task<bool> PutAsync(SessionId session, WorkspacePath path, ReadOnlyMemory<byte> content, bool isExecutable, CancellationToken cancellationToken)
    {
        try
        {
            using var staged = staging.Create(session);
            await staged.AppendAsync(content, cancellationToken);
            staged.Seal(flush: false);
            return await CommitAsync(session, path, staged, content.Length, isExecutable, cancellationToken);
        }
        catch (IOException)
        {
            // One file that finds no room keeps none of the others from being put back.
            return false;
        }
    }

    /// <summary>Waits until all that was put back is on disk.</summary>
    public void Sync(SessionId session)
    {
        using var root = folders.OpenRoot(session, out _);
        if (root is not null && Posix.SyncFileSystem(root.Handle) < 0)
        {
            throw new PosixException("syncfs", Posix.LastError);
        }
    }

    private async Task<bool> CommitAsync(SessionId session, WorkspacePath path, StagedFile staged, int length, bool isExecutable, CancellationToken cancellationToken)
    {
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out _);
        using var folder = root is null ? null : WorkspaceFolders.MakeParent(root, path, out _);
        var name = EntryName.From(path.Name);
        var replaced = folder?.Stat(name, out _);
        if (folder is null || replaced is { IsDirectory: true })
        {
            return false;
        }

        using var change = ledger.Begin(session);
        if (staged.Commit(folder, name, isExecutable ? Executable : Plain, replace: true) != Errno.None)
        {
            return false;
        }

        change.Enter(path, replaced is null ? FileChange.Created : FileChange.Modified, WorkspaceWriter.AddedBy(length, replaced));
        return true;
    }

    /// <summary>Removes a file or link.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> RemoveAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken)
    {
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out _);
        using var folder = root is null ? null : folders.OpenParent(root, path, out _);
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

        change.Enter(path, FileChange.Deleted, WorkspaceWriter.FreedBy(removed));
        return true;
    }
}
