using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>Puts staged content into workspaces: digests, conditions, the content policy and the limits are looked at here, whichever way it came.</summary>
internal sealed class WorkspaceWriter(WorkspaceFolders folders, WorkspaceLocks locks, WorkspaceUsageLedger ledger, IContentScanner scanner)
{
    /// <summary>Whether a file of that size could be put now: what could not is not even taken in.</summary>
    public async Task<Error?> WhyNotAsync(SessionId session, WorkspacePath path, long size, WriteCondition condition, CancellationToken cancellationToken)
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        if (root is null)
        {
            return FileFailures.Of(error, path.Value);
        }

        var replaced = Look(root, path, condition);
        return replaced.Error ?? ledger.WhyNot(session, root, may, AddedBy(size, replaced.Value), cancellationToken);
    }

    /// <summary>Seals and puts one file.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="path">Which file.</param>
    /// <param name="staged">Its content.</param>
    /// <param name="condition">When only.</param>
    /// <param name="foretell">Told what the outcome will be, before there is a way back no longer; when that fails, nothing is put.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<WrittenFile>> WriteAsync(
        SessionId session, WorkspacePath path, StagedFile staged, WriteCondition condition, Action<WrittenFile>? foretell, CancellationToken cancellationToken)
    {
        staged.Seal(flush: true);
        if (condition.Sha256 is { } sha256 && !staged.Sha256.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            return TransferErrors.DigestMismatch(path.Value, staged.Sha256);
        }

        if (await staged.JudgeAsync(scanner, path, cancellationToken) is { } refused)
        {
            return refused;
        }

        var may = await ledger.LimitsAsync(session, cancellationToken);
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        if (root is null)
        {
            return FileFailures.Of(error, path.Value);
        }

        var replaced = Look(root, path, condition);
        if (!replaced.IsSuccess)
        {
            return replaced.Error;
        }

        return ledger.WhyNot(session, root, may, AddedBy(staged.Size, replaced.Value), cancellationToken) is { } full
            ? full
            : Put(session, root, path, staged, replaced.Value, condition.Overwrite, StagedFile.NewFileMode, sync: true, foretell);
    }

    /// <summary>What has the name now, if it may be replaced; with the workspace's lock held.</summary>
    public Result<FileStatus?> Look(DirectoryHandle root, WorkspacePath path, WriteCondition condition)
    {
        var found = folders.Find(root, path, out var error);
        if (error is not (Errno.None or Errno.NoEntry))
        {
            return FileFailures.Of(error, path.Value);
        }

        if (found is { IsRegular: false } other)
        {
            return FileFailures.WrongKind(path, other);
        }

        if (condition.Version is { } version && (found is not { } old || (version != WriteCondition.AnyVersion && version != old.Version)))
        {
            return TransferErrors.OtherVersion(path.Value);
        }

        return found is null || condition.Overwrite ? found : WorkspaceErrors.Exists(path.Value);
    }

    /// <summary>What a file adds to a workspace. What is replaced gives its room back, unless another name keeps it.</summary>
    public static WorkspaceTotals AddedBy(long size, FileStatus? replaced) => new WorkspaceTotals(size, 1) + FreedBy(replaced);

    /// <summary>What a workspace holds more when a name goes: nothing or less.</summary>
    public static WorkspaceTotals FreedBy(FileStatus? gone) => gone is { IsRegular: true, HasOtherNames: false } old ? new WorkspaceTotals(-old.Size, -1) : default;

    /// <summary>Puts sealed content under its name; with the workspace's lock held, and room for it.</summary>
    public Result<WrittenFile> Put(
        SessionId session, DirectoryHandle root, WorkspacePath path, StagedFile staged, FileStatus? replaced, bool overwrite, uint newMode, bool sync, Action<WrittenFile>? foretell = null)
    {
        var written = new WrittenFile(path, staged.Size, staged.Sha256, replaced is null) { Version = staged.Version };
        using var change = ledger.Begin(session);
        using var folder = WorkspaceFolders.MakeParent(root, path, out var error, out var made);
        if (folder is not null)
        {
            foretell?.Invoke(written);
            error = staged.Commit(folder, EntryName.From(path.Name), replaced?.Permissions ?? newMode, overwrite);
            error = error == Errno.None && sync ? folder.Sync() : error;
        }

        if (error == Errno.None)
        {
            change.Enter(path, replaced is null ? FileChange.Created : FileChange.Modified, AddedBy(staged.Size, replaced) + new WorkspaceTotals(0, 0, made));
        }

        return error == Errno.None
            ? written
            : FileFailures.Of(error, path.Value);
    }
}
