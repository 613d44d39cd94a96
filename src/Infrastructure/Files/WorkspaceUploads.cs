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
    IOptions<WorkspaceOptions> options,
    WorkspaceFolders folders,
    StagingArea staging,
    WorkspaceWriter writer,
    WorkspaceLocks workspaceLocks,
    WorkspaceUsageLedger ledger,
    StagingBudget budget,
    StorageGuard guard) : IWorkspaceUploads
{
    // Outcomes are kept for those who lost the answer, and that is soon.
    private const int MaxOutcomes = 100;

    private readonly WorkspaceOptions _options = options.Value;

    // For each upload its own: neither a piece of one nor a scanner that takes its time over it holds up anything else.
    private readonly KeyedPlaces<(SessionId Session, UploadId Upload)> _locks = new(places: 1);

    public Task<Result<UploadState>> BeginAsync(SessionId session, UploadPlan plan, CancellationToken cancellationToken) => guard.RunAsync<UploadState>(async () =>
    {
        var may = await ledger.LimitsAsync(session, cancellationToken);
        if (plan.Size > may.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(plan.Path.Value, plan.Size, may.MaxFileBytes);
        }

        using var turn = await _locks.EnterAsync((session, plan.Id), cancellationToken);
        using var root = folders.OpenRoot(session, out var error);
        if (root is null)
        {
            return FileFailures.Of(error, plan.Path.Value);
        }

        using var folder = staging.Open(session);
        if (OutcomeOf(folder, plan.Id) is { } done)
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
        if (replaced.Error is { } wrong)
        {
            return wrong;
        }

        var others = UnfinishedIn(folder);
        var added = others.Aggregate(WorkspaceWriter.AddedBy(plan.Size, replaced.Value), (sum, other) => sum + AddedBy(root, other));
        var refused = ledger.WhyNot(session, root, may, added, cancellationToken) ?? MakePlace(folder, others.Count) ?? budget.Begin(session, plan.Id, plan.Size);
        return refused is null ? Start(session, folder, plan) : refused;
    });

    public Task<Result<UploadState>> AppendAsync(
        SessionId session, UploadId id, long offset, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => guard.RunAsync<UploadState>(async () =>
    {
        using var turn = await _locks.EnterAsync((session, id), cancellationToken);
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
            await WritePieceAsync(file, content, offset, cancellationToken);
            return new UploadState(plan, offset + content.Length);
        }

        return offset + content.Length <= there && await IsThereAsync(folder!, id, offset, content, cancellationToken)
            ? new UploadState(plan, there)
            : TransferErrors.WrongOffset(there, plan.Size);
    });

    public Task<Result<WrittenFile>> CommitAsync(SessionId session, UploadId id, string? sha256, CancellationToken cancellationToken) => guard.RunAsync<WrittenFile>(async () =>
    {
        using var turn = await _locks.EnterAsync((session, id), cancellationToken);
        using var folder = Find(session, id, out var plan);
        if (folder is not null && OutcomeOf(folder, id) is { } done)
        {
            End(session, folder, id);
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
        var condition = new WriteCondition(plan.Overwrite, sha256);
        var written = await writer.WriteAsync(session, plan.Path, staged, condition, file => Foretell(folder, plan, file), cancellationToken);
        if (written.IsSuccess)
        {
            End(session, folder, id);
        }
        else if (written.Error.Code is var code && (code == TransferErrors.DigestMismatch("", "").Code || code == WorkspaceErrors.ContentRefused("", "", "").Code))
        {
            // No further piece can mend it.
            Forget(session, folder, id);
        }

        return written;
    });

    public Task<Result> AbortAsync(SessionId session, UploadId id, CancellationToken cancellationToken) => guard.RunAsync(async () =>
    {
        using var turn = await _locks.EnterAsync((session, id), cancellationToken);
        using var folder = Find(session, id, out var plan);
        if (plan is null)
        {
            return TransferErrors.UploadNotFound();
        }

        Forget(session, folder!, id);
        return Result.Success();
    });

    private DirectoryHandle? Find(SessionId session, UploadId id, out UploadPlan? plan)
    {
        // A session that is gone gets no folder back.
        using var root = folders.OpenRoot(session, out _);
        var folder = root is null ? null : staging.Open(session);
        plan = folder is null ? null : UploadRecords.Read(folder, UploadNames.Plan(id), UploadJson.Default.StoredPlan)?.For(id);
        return folder;
    }

    // Told before the content takes its name, and true once it has: a server that is killed in between leaves no doubt.
    private static void Foretell(DirectoryHandle folder, UploadPlan plan, WrittenFile file)
    {
        var outcome = new StoredOutcome(StoredPlan.Of(plan), file.Sha256, file.Created, file.Version);
        UploadRecords.Write(folder, UploadNames.Done(plan.Id), outcome, UploadJson.Default.StoredOutcome);
    }

    private static StoredOutcome? OutcomeOf(DirectoryHandle folder, UploadId id) =>
        folder.Stat(UploadNames.Content(id), out _) is null ? UploadRecords.Read(folder, UploadNames.Done(id), UploadJson.Default.StoredOutcome) : null;

    private static List<StoredPlan> UnfinishedIn(DirectoryHandle folder) =>
    [
        .. folder.ReadNames()
            .Where(name => UploadNames.ContentOf(name) is { } content && folder.Stat(content, out _) is not null)
            .Select(name => UploadRecords.Read(folder, name, UploadJson.Default.StoredPlan))
            .OfType<StoredPlan>(),
    ];

    private WorkspaceTotals AddedBy(DirectoryHandle root, StoredPlan plan) =>
        WorkspaceWriter.AddedBy(plan.Size, folders.Find(root, WorkspacePath.Parse(plan.Path).Value, out _));

    private Error? MakePlace(DirectoryHandle folder, int unfinished)
    {
        var outcomes = folder.ReadNames().Where(UploadNames.IsDone).ToList();
        if (outcomes.Count >= MaxOutcomes)
        {
            foreach (var old in outcomes.OrderBy(name => folder.Stat(name, out _)?.Modified).Take(outcomes.Count - (MaxOutcomes / 2)))
            {
                folder.RemoveFile(old);
            }
        }

        return unfinished < _options.MaxUploads ? null : TransferErrors.TooManyUploads(_options.MaxUploads);
    }

    private UploadState Start(SessionId session, DirectoryHandle folder, UploadPlan plan)
    {
        try
        {
            // What is there without a plan, a crash left.
            Remove(folder, plan.Id);
            using var file = folder.CreateFile(UploadNames.Content(plan.Id), StagedFile.NewFileMode, out var error) ?? throw new PosixException("openat", error);
            UploadRecords.Write(folder, UploadNames.Plan(plan.Id), StoredPlan.Of(plan), UploadJson.Default.StoredPlan);
            return new UploadState(plan, 0);
        }
        catch
        {
            Forget(session, folder, plan.Id);
            throw;
        }
    }

    private void End(SessionId session, DirectoryHandle folder, UploadId id)
    {
        folder.RemoveFile(UploadNames.Plan(id));
        budget.End(session, id);
    }

    private void Forget(SessionId session, DirectoryHandle folder, UploadId id)
    {
        Remove(folder, id);
        budget.End(session, id);
    }

    // What was foretold of it goes first: without its content it would count.
    private static void Remove(DirectoryHandle folder, UploadId id)
    {
        folder.RemoveFile(UploadNames.Done(id));
        folder.RemoveFile(UploadNames.Content(id));
        folder.RemoveFile(UploadNames.Plan(id));
    }

    private static async Task WritePieceAsync(SafeFileHandle file, ReadOnlyMemory<byte> content, long offset, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(file, content, offset, cancellationToken);
        }
        catch (IOException)
        {
            // A disk that is full takes a part of it.
            RandomAccess.SetLength(file, offset);
            throw;
        }
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
