using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// Uploads in pieces, as files in the session's staging folder: what an upload is for, and its content, whose length is how far it is.
/// Nothing of it is in memory, so that any node goes on with it, before and after a restart.
/// </summary>
internal sealed class WorkspaceUploads(
    IOptions<WorkspaceOptions> options, WorkspaceFolders folders, StagingArea staging, WorkspaceWriter writer, WorkspaceLocks workspaceLocks, WorkspaceUsageLedger ledger) : IWorkspaceUploads
{
    // Outcomes are kept for those who lost the answer, and that is soon.
    private const int MaxOutcomes = 100;

    private readonly WorkspaceOptions _options = options.Value;

    // Apart from the locks of workspaces: a piece holds up no other writer.
    private readonly WorkspaceLocks _locks = new();

    public async Task<Result<UploadState>> BeginAsync(SessionId session, UploadPlan plan, CancellationToken cancellationToken)
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        if (plan.Size > may.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(plan.Path.Value, plan.Size, may.MaxFileBytes);
        }

        using var turn = await _locks.EnterAsync(session, cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        if (root is null)
        {
            return FileFailures.Of(error, plan.Path.Value);
        }

        using var folder = OpenStaging(session);
        if (UploadRecords.Read(folder, UploadNames.Done(plan.Id), UploadJson.Default.StoredOutcome) is { } done)
        {
            return done.Plan == StoredPlan.Of(plan) ? new UploadState(plan, plan.Size) : TransferErrors.OtherUpload(done.Plan.Path, done.Plan.Size);
        }

        // A plan without content is what a server leaves that was killed in the middle of a commit.
        if (UploadRecords.Read(folder, UploadNames.Plan(plan.Id), UploadJson.Default.StoredPlan) is { } begun
            && folder.Stat(UploadNames.Content(plan.Id), out _) is { } content)
        {
            return begun == StoredPlan.Of(plan) ? new UploadState(plan, content.Size) : TransferErrors.OtherUpload(begun.Path, begun.Size);
        }

        // Told now, and looked at again when it is committed. This lock is always taken second.
        using var look = await workspaceLocks.EnterAsync(session, cancellationToken);
        var replaced = writer.Look(root, plan.Path, new WriteCondition(plan.Overwrite));
        var refused = replaced.Error ?? ledger.WhyNot(session, root, may, WorkspaceWriter.AddedBy(plan.Size, replaced.Value), cancellationToken) ?? MakePlace(folder);
        return refused is null ? Start(folder, plan) : refused;
    }

    public async Task<Result<UploadState>> AppendAsync(
        SessionId session, UploadId id, long offset, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var turn = await _locks.EnterAsync(session, cancellationToken);
        using var folder = Find(session, id, out var plan);
        using var file = folder?.OpenForWriting(UploadNames.Content(id), out _);
        if (file is null || plan is null)
        {
            return TransferErrors.UploadNotFound();
        }

        var there = LengthOf(file);
        if (offset > plan.Size || content.Length > plan.Size - offset)
        {
            return TransferErrors.ContentIncomplete(plan.Path.Value, offset + content.Length, plan.Size);
        }

        if (offset == there)
        {
            await RandomAccess.WriteAsync(file, content, offset, cancellationToken);
            return new UploadState(plan, offset + content.Length);
        }

        return offset + content.Length <= there && await IsThereAsync(folder!, id, offset, content, cancellationToken)
            ? new UploadState(plan, there)
            : TransferErrors.WrongOffset(there, plan.Size);
    }

    public async Task<Result<WrittenFile>> CommitAsync(SessionId session, UploadId id, string? sha256, CancellationToken cancellationToken)
    {
        using var turn = await _locks.EnterAsync(session, cancellationToken);
        using var folder = Find(session, id, out var plan);
        if (folder is not null && UploadRecords.Read(folder, UploadNames.Done(id), UploadJson.Default.StoredOutcome) is { } done)
        {
            return done.File();
        }

        if (plan is null || folder!.Stat(UploadNames.Content(id), out _) is not { } content)
        {
            return TransferErrors.UploadNotFound();
        }

        if (content.Size != plan.Size)
        {
            return TransferErrors.ContentIncomplete(plan.Path.Value, content.Size, plan.Size);
        }

        using var staged = await StagedFile.OpenAsync(folder, UploadNames.Content(id), cancellationToken);
        var written = await writer.WriteAsync(session, plan.Path, staged, new WriteCondition(plan.Overwrite, sha256), cancellationToken);
        if (written.IsSuccess)
        {
            var outcome = new StoredOutcome(StoredPlan.Of(plan), written.Value.Sha256, written.Value.Created, written.Value.Version);
            UploadRecords.Write(folder, UploadNames.Done(id), outcome, UploadJson.Default.StoredOutcome);
            folder.RemoveFile(UploadNames.Plan(id));
        }
        else if (written.Error.Code is var code && (code == TransferErrors.DigestMismatch("", "").Code || code == WorkspaceErrors.ContentRefused("", "", "").Code))
        {
            // No further piece can mend it.
            Forget(folder, id);
        }

        return written;
    }

    public async Task<Result> AbortAsync(SessionId session, UploadId id, CancellationToken cancellationToken)
    {
        using var turn = await _locks.EnterAsync(session, cancellationToken);
        using var folder = Find(session, id, out var plan);
        if (plan is null)
        {
            return TransferErrors.UploadNotFound();
        }

        Forget(folder!, id);
        return Result.Success();
    }

    private DirectoryHandle? Find(SessionId session, UploadId id, out UploadPlan? plan)
    {
        // A session that is gone gets no folder back.
        using var root = folders.OpenRoot(session, out _);
        var folder = root is null ? null : OpenStaging(session);
        plan = folder is null ? null : UploadRecords.Read(folder, UploadNames.Plan(id), UploadJson.Default.StoredPlan)?.For(id);
        return folder;
    }

    private DirectoryHandle OpenStaging(SessionId session) =>
        staging.Open(session) ?? throw new PosixException("opening the staging folder", Errno.NoEntry);

    private Error? MakePlace(DirectoryHandle folder)
    {
        var names = folder.ReadNames().ToList();
        var outcomes = names.Where(UploadNames.IsDone).ToList();
        if (outcomes.Count >= MaxOutcomes)
        {
            foreach (var old in outcomes.OrderBy(name => folder.Stat(name, out _)?.Modified).Take(outcomes.Count - (MaxOutcomes / 2)))
            {
                folder.RemoveFile(old);
            }
        }

        return names.Count(UploadNames.IsPlan) < _options.MaxUploads ? null : TransferErrors.TooManyUploads(_options.MaxUploads);
    }

    private static UploadState Start(DirectoryHandle folder, UploadPlan plan)
    {
        // What is there without a plan, a crash left.
        var name = UploadNames.Content(plan.Id);
        folder.RemoveFile(name);
        using var file = folder.CreateFile(name, StagedFile.NewFileMode, out var error) ?? throw new PosixException("openat", error);
        UploadRecords.Write(folder, UploadNames.Plan(plan.Id), StoredPlan.Of(plan), UploadJson.Default.StoredPlan);
        return new UploadState(plan, 0);
    }

    private static void Forget(DirectoryHandle folder, UploadId id)
    {
        folder.RemoveFile(UploadNames.Content(id));
        folder.RemoveFile(UploadNames.Plan(id));
    }

    private static async Task<bool> IsThereAsync(DirectoryHandle folder, UploadId id, long offset, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var file = folder.OpenFile(UploadNames.Content(id), out var error) ?? throw new PosixException("openat", error);
        var there = new byte[content.Length];
        var read = await RandomAccess.ReadAsync(file, there, offset, cancellationToken);
        return read == content.Length && content.Span.SequenceEqual(there);
    }

    private static long LengthOf(SafeFileHandle file) =>
        Posix.Stat(file, out var status) < 0 ? throw new PosixException("statx", Posix.LastError) : status.Size;
}
