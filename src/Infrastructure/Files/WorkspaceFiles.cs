using System.Security.Cryptography;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>Workspaces as folders named by session id. Claude works in them meanwhile, and may plant links and swap names at any moment.</summary>
/// <remarks>So nothing is ever done by path: a folder is opened beneath the workspace without following a link, and the work happens in what was opened.</remarks>
internal sealed class WorkspaceFiles(
    WorkspaceFolders folders,
    StagingArea staging,
    WorkspaceWriter writer,
    WorkspaceChanges changes,
    WorkspaceLocks locks,
    WorkspaceUsageLedger ledger,
    StagingBudget budget,
    StorageGuard guard) : IWorkspaceFiles
{
    private const int LargestPage = 1000;

    public WorkspaceLocation Prepare(SessionId session)
    {
        var location = folders.Locate(session);
        Directory.CreateDirectory(location.WorkspacePath, (UnixFileMode)DirectoryHandle.FolderMode);
        Directory.CreateDirectory(location.HomePath, (UnixFileMode)DirectoryHandle.FolderMode);
        return location;
    }

    public async Task RemoveAsync(SessionId session, CancellationToken cancellationToken)
    {
        using var turn = await locks.EnterAsync(session, cancellationToken);
        ledger.Forget(session);
        WorkspaceFolders.Remove(folders.BasePath, session, cancellationToken);
        WorkspaceFolders.Remove(folders.HomesPath, session, cancellationToken);
        staging.Remove(session, cancellationToken);
    }

    public Task<Result<WorkspaceCopy>> CopyAsync(SessionId from, SessionId to, CancellationToken cancellationToken) => guard.RunAsync(async () =>
    {
        var may = await ledger.LimitsAsync(to, cancellationToken);
        using var turn = await locks.EnterAsync(to, cancellationToken);
        using var change = ledger.Begin(to);
        using var source = folders.OpenRoot(from, out _);
        using var target = folders.OpenRoot(to, out var error);
        if (target is null)
        {
            return FileFailures.Of(error, "such workspace");
        }

        return source is null
            ? new WorkspaceCopy(0, 0, 0)
            : await TreeCopy.CopyAsync(source, target, may, cancellationToken);
    });

    public Task<Result<WrittenFile>> WriteAsync(
        SessionId session, WorkspacePath path, ReadOnlyMemory<byte> content, bool overwrite, CancellationToken cancellationToken) => guard.RunAsync<WrittenFile>(async () =>
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        if (content.Length > may.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(path.Value, content.Length, may.MaxFileBytes);
        }

        // A session that is gone must not get a folder back, not even one for what is staged.
        using var room = budget.Open();
        if ((await writer.WhyNotAsync(session, path, content.Length, new WriteCondition(overwrite), cancellationToken) ?? room.Take(content.Length)) is { } refused)
        {
            return refused;
        }

        using var staged = staging.Create(session);
        await staged.AppendAsync(content, cancellationToken);
        return await writer.WriteAsync(session, path, staged, new WriteCondition(overwrite), foretell: null, cancellationToken);
    });

    public Task<Result<WrittenFile>> WriteAsync(
        SessionId session, WorkspacePath path, Stream content, long? length, WriteCondition condition, CancellationToken cancellationToken) => guard.RunAsync<WrittenFile>(async () =>
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        if (length > may.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(path.Value, length.Value, may.MaxFileBytes);
        }

        if (await writer.WhyNotAsync(session, path, length ?? 0, condition, cancellationToken) is { } refused)
        {
            return refused;
        }

        using var room = budget.Open();
        using var staged = staging.Create(session);
        return await staged.FillAsync(path.Value, content, length, may.MaxFileBytes, room, cancellationToken) is { } error
            ? error
            : await writer.WriteAsync(session, path, staged, condition, foretell: null, cancellationToken);
    });

    public Task<Result<OpenedFile>> OpenAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken) => guard.RunAsync(() =>
    {
        var file = Open(session, path, out var status);
        return Task.FromResult<Result<OpenedFile>>(file.IsSuccess
            ? new OpenedFile(path, status.Size, status.Modified, status.Version, new WorkspaceFileStream(file.Value, status.Size))
            : file.Error);
    });

    public Task<Result<MovedFile>> MoveAsync(SessionId session, WorkspacePath from, WorkspacePath to, bool overwrite, CancellationToken cancellationToken) =>
        guard.RunAsync(() => changes.MoveAsync(session, from, to, overwrite, cancellationToken));

    public Task<Result> DeleteAsync(SessionId session, WorkspacePath path, bool recursive, CancellationToken cancellationToken) =>
        guard.RunAsync(() => changes.DeleteAsync(session, path, recursive, cancellationToken));

    public Task<Result<bool>> MakeDirectoryAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken) =>
        guard.RunAsync(() => changes.MakeDirectoryAsync(session, path, cancellationToken));

    public Task<Result<FileRange>> ReadAsync(
        SessionId session, WorkspacePath path, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (length is < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "A length cannot be negative.");
        }

        return guard.RunAsync(() => ReadRangeAsync(session, path, offset, length, cancellationToken));
    }

    public Task<Result<FilePage>> ListAsync(
        SessionId session, WorkspacePath? path, bool recursive, int limit, string? cursor, bool ignore, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LargestPage);
        return guard.RunAsync(() => Task.FromResult(List()));

        Result<FilePage> List()
        {
            var after = ListingCursor.Read(cursor, path);
            if (!after.IsSuccess)
            {
                return after.Error;
            }

            using var root = folders.OpenRoot(session, out var error);
            using var inner = root is null || path is null ? null : folders.OpenFolder(root, path, out error);
            if (error != Errno.None)
            {
                return FileFailures.Of(error, path?.Value ?? "such folder");
            }

            var ignored = ignore ? IgnoreFiles.Load(root!, path, folders) : null;
            return ignore && ignored is null
                ? new FilePage([], null)
                : TreeListing.Page(inner ?? root!, path, recursive, limit, after.Value, ignored, cancellationToken);
        }
    }

    public Task<WorkspaceUsage> MeasureAsync(SessionId session, CancellationToken cancellationToken) =>
        MeasureAsync(session, ledger.TotalsOf, cancellationToken);

    public Task<WorkspaceUsage> MeasureAnewAsync(SessionId session, CancellationToken cancellationToken) =>
        MeasureAsync(session, ledger.Measure, cancellationToken);

    private async Task<Result<FileRange>> ReadRangeAsync(SessionId session, WorkspacePath path, long offset, long? length, CancellationToken cancellationToken)
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        var opened = Open(session, path, out var status);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        using var file = opened.Value;
        var wanted = Math.Min(length ?? long.MaxValue, Math.Max(0, status.Size - offset));
        if (wanted > may.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(path.Value, wanted, may.MaxFileBytes);
        }

        var content = await ReadAsync(file, offset, (int)wanted, cancellationToken);
        return new FileRange(content, offset, status.Size, Sha256(content));
    }

    private async Task<WorkspaceUsage> MeasureAsync(
        SessionId session, Func<SessionId, DirectoryHandle, CancellationToken, WorkspaceTotals> measure, CancellationToken cancellationToken)
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        using var turn = await locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out _);
        return may.UsageOf(root is null ? default : measure(session, root, cancellationToken));
    }

    private Result<SafeFileHandle> Open(SessionId session, WorkspacePath path, out FileStatus status)
    {
        status = default;
        var file = folders.OpenFile(session, path, out var error);
        if (file is null)
        {
            return FileFailures.Of(error, path.Value);
        }

        if (Posix.Stat(file, out status) < 0)
        {
            file.Dispose();
            throw new PosixException("statx", Posix.LastError);
        }

        if (!status.IsRegular)
        {
            file.Dispose();
            return FileFailures.WrongKind(path, status);
        }

        return file;
    }

    private static async Task<byte[]> ReadAsync(SafeFileHandle file, long offset, int length, CancellationToken cancellationToken)
    {
        var content = new byte[length];
        var filled = 0;
        while (filled < length && await RandomAccess.ReadAsync(file, content.AsMemory(filled), offset + filled, cancellationToken) is var read and > 0)
        {
            filled += read;
        }

        // Shorter when the file was cut meanwhile.
        return filled == length ? content : content[..filled];
    }

    private static string Sha256(ReadOnlyMemory<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content.Span));
}
