using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>Moves, removes and makes names in workspaces; links themselves, never what they point to.</summary>
internal sealed class WorkspaceChanges(
    WorkspaceFolders folders, StagingArea staging, WorkspaceLocks locks, WorkspaceUsageLedger ledger)
{
    public async Task<Result<MovedFile>> MoveAsync(SessionId session, WorkspacePath from, WorkspacePath to, bool overwrite, CancellationToken cancellationToken)
    {
        if (to.Value.StartsWith(from.Value + "/", StringComparison.Ordinal))
        {
            return WorkspaceErrors.PathInvalid("a folder cannot be moved into itself");
        }

        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        using var source = root is null ? null : folders.OpenParent(root, from, out error);
        var moved = source?.Stat(EntryName.From(from.Name), out error);
        if (moved is not { } status)
        {
            return FileFailures.Of(error, from.Value);
        }

        // What was replaced, and how much a folder holds, is not known: left without an entry, the workspace is measured anew.
        using var unknown = ledger.Begin(session);
        using var target = WorkspaceFolders.MakeParent(root!, to, out error);
        if (target is not null)
        {
            error = overwrite
                ? Replace(source!, EntryName.From(from.Name), status, target, EntryName.From(to.Name), isItself: from == to)
                : source!.MoveToNew(target, EntryName.From(from.Name), EntryName.From(to.Name));
        }

        // Of what is at the new name; that there is something at the old one was seen above.
        if (error != Errno.None)
        {
            return error == Errno.Invalid ? WorkspaceErrors.PathInvalid("a folder cannot be moved into itself") : FileFailures.Of(error, to.Value);
        }

        target!.Sync();
        source!.Sync();
        ledger.Tell(session, from, FileChange.Deleted);
        ledger.Tell(session, to, FileChange.Created);
        return new MovedFile(from, to, status.IsDirectory);
    }

    public async Task<Result> DeleteAsync(SessionId session, WorkspacePath path, bool recursive, CancellationToken cancellationToken)
    {
        // Out of sight at once; what removing it takes then holds up nobody.
        using var bin = recursive ? staging.Open(session, out _) : null;
        var binned = StagingArea.NewName();
        using (await locks.EnterAsync(session, cancellationToken))
        {
            using var root = folders.OpenRoot(session, out var error);
            using var parent = root is null ? null : folders.OpenParent(root, path, out error);
            using var change = ledger.Begin(session);
            var gone = parent?.Stat(EntryName.From(path.Name), out error);
            error = parent is null ? error : Remove(parent, EntryName.From(path.Name), recursive, bin, binned, cancellationToken);
            if (error != Errno.None)
            {
                return FileFailures.Of(error, path.Value);
            }

            parent!.Sync();
            if (gone is { IsDirectory: false })
            {
                change.Enter(path, FileChange.Deleted, WorkspaceWriter.FreedBy(gone));
            }
            else
            {
                // How much was in it is found out when it matters.
                ledger.Tell(session, path, FileChange.Deleted);
            }
        }

        if (bin is not null)
        {
            TreeRemoval.Remove(bin, binned, CancellationToken.None);
        }

        return Result.Success();
    }

    /// <returns>Whether it was made; false when it was there.</returns>
    public async Task<Result<bool>> MakeDirectoryAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken)
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        if (root is not null && ledger.WhyNot(session, root, may, new WorkspaceTotals(0, 0, path.Value.Count(c => c == '/') + 1), cancellationToken) is { } full)
        {
            return full;
        }

        using var unknown = ledger.Begin(session);
        using var parent = root is null ? null : WorkspaceFolders.MakeParent(root, path, out error);
        if (parent is null)
        {
            return FileFailures.Of(error, path.Value);
        }

        var name = EntryName.From(path.Name);
        error = parent.MakeNewFolder(name);
        if (error == Errno.Exists)
        {
            return parent.Stat(name, out error) switch
            {
                { IsDirectory: true } => false,
                { } other => WorkspaceErrors.WrongKind(path.Value, other.IsSymlink ? "a symbolic link, and links are not followed" : "a file"),
                null => FileFailures.Of(error, path.Value),
            };
        }

        return error != Errno.None ? FileFailures.Of(error, path.Value) : Result.Success(true);
    }

    private static Errno Replace(DirectoryHandle source, EntryName from, FileStatus moved, DirectoryHandle target, EntryName to, bool isItself)
    {
        var replaced = target.Stat(to, out _);
        var error = source.MoveTo(target, from, to);

        // Of two names of one file, the system leaves both.
        var isSameFile = !isItself && moved.HasOtherNames && !moved.IsDirectory && replaced?.Identity == moved.Identity;
        return error == Errno.None && isSameFile && source.RemoveFile(from) is var left and not Errno.NoEntry ? left : error;
    }

    private static Errno Remove(DirectoryHandle parent, EntryName name, bool recursive, DirectoryHandle? bin, EntryName binned, CancellationToken cancellationToken)
    {
        var error = parent.RemoveFile(name);
        if (error != Errno.IsDirectory)
        {
            return error;
        }

        if (!recursive)
        {
            return parent.RemoveFolder(name);
        }

        if (bin is null)
        {
            // A full disk has no room for a bin, and to delete is what helps.
            TreeRemoval.Remove(parent, name, cancellationToken);
            return Errno.None;
        }

        error = parent.MoveTo(bin, name, binned);
        if (error != Errno.AccessDenied)
        {
            return error;
        }

        // A folder that its owner may not write to cannot be moved either.
        parent.GrantOwner(name);
        return parent.MoveTo(bin, name, binned);
    }
}
