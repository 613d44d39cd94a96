using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>Archives of whole folders. One that comes in is unpacked out of sight, and then its files take their names one after the other.</summary>
internal sealed class WorkspaceArchives(
    WorkspaceFolders folders,
    StagingArea staging,
    WorkspaceWriter writer,
    WorkspaceLocks locks,
    WorkspaceUsageLedger ledger,
    IContentScanner scanner,
    StagingBudget budget,
    StorageGuard guard) : IWorkspaceArchives
{
    public Task<Result<IFolderArchive>> OpenAsync(SessionId session, WorkspacePath? path, CancellationToken cancellationToken) =>
        guard.RunAsync(() => Task.FromResult(Open(session, path)));

    public Task<Result<UnpackedArchive>> UnpackAsync(
        SessionId session, WorkspacePath? into, Stream content, long? length, bool overwrite, CancellationToken cancellationToken) =>
        guard.RunAsync(() => FillAndUnpackAsync(session, into, content, length, overwrite, cancellationToken));

    private Result<IFolderArchive> Open(SessionId session, WorkspacePath? path)
    {
        using var root = folders.OpenRoot(session, out var error);
        var folder = root is null ? null : folders.OpenFolder(root, path, out error);
        return folder is null
            ? FileFailures.Of(error, path?.Value ?? "such workspace")
            : Result.Success<IFolderArchive>(new FolderArchive(folder));
    }

    private async Task<Result<UnpackedArchive>> FillAndUnpackAsync(
        SessionId session, WorkspacePath? into, Stream content, long? length, bool overwrite, CancellationToken cancellationToken)
    {
        using (var root = folders.OpenRoot(session, out var error))
        {
            if (root is null)
            {
                return FileFailures.Of(error, into?.Value ?? "such workspace");
            }
        }

        var may = await ledger.LimitsAsync(session, cancellationToken);
        using var room = budget.Open();
        using var staged = staging.Create(session);
        if (await staged.FillAsync("the archive", content, length, may.MaxBytes, room, cancellationToken) is { } refused)
        {
            return refused;
        }

        using var bin = staging.Open(session);
        var name = StagingArea.NewName();
        if (bin.MakeNewFolder(name) is var refusedFolder and not Errno.None)
        {
            throw new PosixException("mkdirat", refusedFolder);
        }

        try
        {
            using var unpacked = bin.OpenFolder(name, out var error) ?? throw new PosixException("openat", error);
            using var unpacking = new ArchiveUnpacking(unpacked, may.MaxFileBytes, may.MaxBytes, room);
            await using var archive = staged.OpenRead();
            return await unpacking.UnpackAsync(archive, into, cancellationToken) is { } wrong
                ? wrong
                : await CommitAsync(session, may, unpacked, unpacking, new WriteCondition(overwrite), cancellationToken);
        }
        finally
        {
            TreeRemoval.Remove(bin, name, CancellationToken.None);
        }
    }

    private async Task<Result<UnpackedArchive>> CommitAsync(
        SessionId session, WorkspaceLimits may, DirectoryHandle unpacked, ArchiveUnpacking unpacking, WriteCondition condition, CancellationToken cancellationToken)
    {
        foreach (var (path, file, _) in unpacking.Files)
        {
            if (await file.JudgeAsync(scanner, path, cancellationToken) is { } refused)
            {
                return refused;
            }
        }

        // All of it at once, instead of file by file.
        Sync(unpacked);
        var put = await PutAsync(session, may, unpacking, condition, cancellationToken);

        // Nobody waits for the disk before the next change may be made.
        Sync(unpacked);
        return put;
    }

    private async Task<Result<UnpackedArchive>> PutAsync(
        SessionId session, WorkspaceLimits may, ArchiveUnpacking unpacking, WriteCondition condition, CancellationToken cancellationToken)
    {
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        if (root is null)
        {
            return FileFailures.Of(error, "such workspace");
        }

        var replaced = new List<FileStatus?>(unpacking.Files.Count);
        foreach (var (path, _, _) in unpacking.Files)
        {
            var found = writer.Look(root, path, condition);
            if (!found.IsSuccess)
            {
                return found.Error;
            }

            replaced.Add(found.Value);
        }

        foreach (var path in unpacking.Folders)
        {
            if (InTheWay(folders.Find(root, path, out error), error, path) is { } taken)
            {
                return taken;
            }
        }

        var freed = replaced.Select(WorkspaceWriter.FreedBy).Aggregate(default(WorkspaceTotals), (sum, one) => sum + one);
        var added = new WorkspaceTotals(unpacking.Bytes, unpacking.Files.Count, FoldersOf(unpacking)) + freed;
        if (ledger.WhyNot(session, root, may, added, cancellationToken) is { } full)
        {
            return full;
        }

        // Which folders were there is not known: left without an entry, the workspace is measured anew.
        using var unknown = ledger.Begin(session);
        return Put(session, root, unpacking, replaced, condition.Overwrite);
    }

    private Result<UnpackedArchive> Put(SessionId session, DirectoryHandle root, ArchiveUnpacking unpacking, List<FileStatus?> replaced, bool overwrite)
    {
        for (var i = 0; i < unpacking.Files.Count; i++)
        {
            var (path, file, mode) = unpacking.Files[i];
            var put = writer.Put(session, root, path, file, replaced[i], overwrite, mode, sync: false);
            if (!put.IsSuccess)
            {
                // What was looked at has changed since, by Claude.
                return put.Error.With("written", i);
            }
        }

        foreach (var path in unpacking.Folders)
        {
            using var parent = WorkspaceFolders.MakeParent(root, path, out var error);
            var name = EntryName.From(path.Name);
            error = parent?.MakeFolder(name) ?? error;
            var wrong = error != Errno.None ? FileFailures.Of(error, path.Value) : InTheWay(parent!.Stat(name, out error), error, path);
            if (wrong is not null)
            {
                return wrong.With("written", unpacking.Files.Count);
            }
        }

        return new UnpackedArchive(unpacking.Files.Count, unpacking.Folders.Count, unpacking.Bytes, replaced.Count(status => status is not null));
    }

    /// <summary>Why a folder of the archive cannot be; null when it can, or is there.</summary>
    private static Error? InTheWay(FileStatus? found, Errno error, WorkspacePath path) => found switch
    {
        { IsDirectory: true } => null,
        { IsSymlink: true } => WorkspaceErrors.WrongKind(path.Value, "a symbolic link, and a folder in the archive"),
        not null => WorkspaceErrors.WrongKind(path.Value, "a file, and a folder in the archive"),
        null => error is Errno.None or Errno.NoEntry ? null : FileFailures.Of(error, path.Value),
    };

    // All that its names lead through, as if none were there yet.
    private static int FoldersOf(ArchiveUnpacking unpacking)
    {
        var folders = new HashSet<string>(unpacking.Folders.Select(folder => folder.Value), StringComparer.Ordinal);
        foreach (var path in unpacking.Files.Select(file => file.Path.Value).Concat(unpacking.Folders.Select(folder => folder.Value)))
        {
            for (var slash = path.LastIndexOf('/'); slash > 0 && folders.Add(path[..slash]); slash = path.LastIndexOf('/', slash - 1))
            {
                // Those above a folder that is known are known too.
            }
        }

        return folders.Count;
    }

    private static void Sync(DirectoryHandle folder)
    {
        if (Posix.SyncFileSystem(folder.Handle) < 0)
        {
            throw new PosixException("syncfs", Posix.LastError);
        }
    }
}
