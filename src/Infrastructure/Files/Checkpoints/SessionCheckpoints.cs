using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>The checkpoints of one session. One thing at a time: the caller sees to that.</summary>
internal sealed partial class SessionCheckpoints(
    GitRepository repository, Func<DirectoryHandle?> openWorkspace, BeneathResolver resolver, WorkspaceOptions options, TimeProvider time)
{
    /// <summary>So many are kept at the most.</summary>
    public const int MaxCheckpoints = 100;

    // The files as they were last looked at.
    private const string Latest = "refs/claudy/latest";

    private readonly Dictionary<string, FileMark> _known = new(StringComparer.Ordinal);
    private List<CheckpointName>? _names;
    private bool _hasLatest;

    public async Task TakeAsync(CheckpointName name, CancellationToken cancellationToken)
    {
        if (await LookAsync(name, cancellationToken))
        {
            _names!.Add(name);
            await ShrinkAsync(cancellationToken);
        }
    }

    public async Task<Result<WorkspaceDiff>> DiffAsync(long? sinceSeq, long? untilSeq, CancellationToken cancellationToken)
    {
        using (var root = openWorkspace())
        {
            if (root is null)
            {
                return WorkspaceErrors.CheckpointNotFound();
            }
        }

        await PrepareAsync(cancellationToken);
        var since = Newest(name => sinceSeq is { } seq ? name.Seq <= seq : name.IsBeginning);
        var until = Newest(name => name.Seq <= untilSeq);
        if (since is not { } first || (untilSeq is not null && until is null))
        {
            return WorkspaceErrors.CheckpointNotFound();
        }

        if (untilSeq is null && !await LookAsync(null, cancellationToken))
        {
            return WorkspaceErrors.CheckpointFailed();
        }

        return await DiffAsync(first, until, cancellationToken);
    }

    private CheckpointName? Newest(Func<CheckpointName, bool> fits) =>
        _names!.Where(fits).OrderBy(name => name.Seq).Select(name => (CheckpointName?)name).LastOrDefault();

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await repository.PrepareAsync(cancellationToken);
        _names ??= [.. (await repository.TextAsync(["for-each-ref", "--format=%(refname)", CheckpointName.Prefix], cancellationToken))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(CheckpointName.Parse)];
    }

    /// <returns>Whether there is a workspace that is not too large.</returns>
    private async Task<bool> LookAsync(CheckpointName? name, CancellationToken cancellationToken)
    {
        using var root = openWorkspace();
        if (root is null)
        {
            return false;
        }

        await PrepareAsync(cancellationToken);
        var snapshot = new SnapshotStream(root, resolver, _known, time, options.MaxFileBytes, 2 * options.MaxFiles);
        if (!snapshot.Look(cancellationToken))
        {
            return false;
        }

        var tree = _hasLatest ? (await repository.TextAsync(["rev-parse", $"{Latest}^{{tree}}"], cancellationToken)).Trim() : null;
        await repository.RunAsync(
            ["fast-import", "--quiet", "--force", "--done"],
            input => ImportAsync(input, snapshot, tree, name, cancellationToken),
            output => output.CopyToAsync(Stream.Null, cancellationToken),
            cancellationToken);
        _hasLatest = true;
        return true;
    }

    private async Task ImportAsync(Stream input, SnapshotStream snapshot, string? tree, CheckpointName? name, CancellationToken cancellationToken)
    {
        if (tree is null || snapshot.HasChanges)
        {
            // Without a parent, so that one can be dropped without the others.
            await SnapshotStream.WriteAsync(input, $"reset {Latest}\ncommit {Latest}\ncommitter Claudy <claudy@localhost> {time.GetUtcNow().ToUnixTimeSeconds()} +0000\ndata 0\n", cancellationToken);
            await SnapshotStream.WriteAsync(input, tree is null ? "deleteall\n" : $"M 040000 {tree} \"\"\n", cancellationToken);
            await snapshot.WriteChangesAsync(input, cancellationToken);
            await SnapshotStream.WriteAsync(input, "\n", cancellationToken);
            tree = null;
        }

        if (name is { } named)
        {
            await SnapshotStream.WriteAsync(input, $"reset {named.Ref}\nfrom {Latest}{(tree is null ? "" : "^0")}\n\n", cancellationToken);
        }

        await SnapshotStream.WriteAsync(input, "done\n", cancellationToken);
    }

    private async Task<Result<WorkspaceDiff>> DiffAsync(CheckpointName since, CheckpointName? until, CancellationToken cancellationToken)
    {
        string[] what = ["--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "-r", since.Ref, until?.Ref ?? Latest];
        var (files, isTruncated) = DiffReader.ReadNames(await repository.TextAsync(["diff-tree", "--name-status", "-z", .. what], cancellationToken));
        IReadOnlyList<FileDiff> diffs = [];
        if (files.Count > 0)
        {
            await repository.RunAsync(
                ["diff-tree", "-p", .. what], null, async output => diffs = await DiffReader.ReadAsync(output, files, cancellationToken), cancellationToken);
        }

        return new WorkspaceDiff(since.Seq, until?.Seq, diffs, isTruncated);
    }

    private async Task ShrinkAsync(CancellationToken cancellationToken)
    {
        while (_names!.Count > MaxCheckpoints || (_names.Count > 2 && Size() > options.MaxCheckpointBytes))
        {
            var dropped = _names.OrderBy(name => name.Seq).Take(_names.Count / 2).ToList();
            await repository.RunAsync(
                ["update-ref", "--stdin"],
                input => SnapshotStream.WriteAsync(input, string.Concat(dropped.Select(name => $"delete {name.Ref}\n")), cancellationToken),
                output => output.CopyToAsync(Stream.Null, cancellationToken),
                cancellationToken);
            _names.RemoveAll(dropped.Contains);
            await repository.TextAsync(["gc", "--quiet", "--prune=now"], cancellationToken);
        }
    }

    private long Size() => new DirectoryInfo(repository.Folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
