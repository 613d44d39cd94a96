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

    private readonly Dictionary<string, KnownFile> _known = new(StringComparer.Ordinal);
    private List<CheckpointName>? _names;
    private StoredSnapshot? _latest;

    /// <summary>How many files are remembered.</summary>
    public int KnownFiles => _known.Count;

    /// <summary>When something was last asked of this: for comparing only.</summary>
    public long LastUsed { get; set; }

    public async Task TakeAsync(CheckpointName name, CancellationToken cancellationToken)
    {
        var before = _latest;
        if (await LookAsync(cancellationToken) is not { } snapshot)
        {
            return;
        }

        await repository.WriteRefAsync(name.Ref, snapshot.Commit, cancellationToken);
        _names!.Remove(name);
        _names.Add(name);
        if (before != snapshot || _names.Count > MaxCheckpoints)
        {
            await ShrinkAsync(cancellationToken);
        }
    }

    /// <summary>Finds out how the files are, so that the next checkpoint has only to look what changed.</summary>
    public Task WarmAsync(CancellationToken cancellationToken) => LookAsync(cancellationToken);

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

        if (untilSeq is null && await LookAsync(cancellationToken) is null)
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

    /// <returns>The files as they are now; null when there is no workspace, or one that is too large.</returns>
    private async Task<StoredSnapshot?> LookAsync(CancellationToken cancellationToken)
    {
        using var root = openWorkspace();
        if (root is null)
        {
            return null;
        }

        await PrepareAsync(cancellationToken);
        var stream = new SnapshotStream(root, resolver, _known, time, options.MaxFileBytes, 2 * options.MaxFiles);
        if (!await stream.LookAsync(cancellationToken))
        {
            return null;
        }

        if (_latest is null || stream.HasChanges)
        {
            var told = "";
            await repository.RunAsync(
                ["fast-import", "--quiet", "--force", "--done"],
                input => ImportAsync(input, stream, cancellationToken),
                async output => told = await GitRepository.ReadAsync(output, cancellationToken),
                cancellationToken);
            _latest = StoredSnapshot.Read(told);
        }

        return _latest;
    }

    private async Task ImportAsync(Stream input, SnapshotStream stream, CancellationToken cancellationToken)
    {
        // Without a parent, so that one can be dropped without the others.
        await SnapshotStream.WriteAsync(input, $"reset {Latest}\ncommit {Latest}\nmark :1\ncommitter Claudy <claudy@localhost> {time.GetUtcNow().ToUnixTimeSeconds()} +0000\ndata 0\n", cancellationToken);
        await SnapshotStream.WriteAsync(input, _latest is { } before ? $"M 040000 {before.Tree} \"\"\n" : "deleteall\n", cancellationToken);
        await stream.WriteChangesAsync(input, cancellationToken);
        await SnapshotStream.WriteAsync(input, "\nget-mark :1\nls :1 \"\"\ndone\n", cancellationToken);
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

/// <summary>What git calls the files of a workspace as they once were.</summary>
/// <param name="Commit">Its name for that, with when it was.</param>
/// <param name="Tree">Its name for the files alone.</param>
internal sealed record StoredSnapshot(string Commit, string Tree)
{
    /// <summary>What <c>get-mark</c> and <c>ls</c> say: the commit, and <c>040000 tree</c> with its name and a tab.</summary>
    /// <exception cref="IOException">They say something else.</exception>
    public static StoredSnapshot Read(string told) =>
        told.Split('\n') is [{ Length: >= 40 } commit, var tree, ..] && tree.Split(' ') is ["040000", "tree", { Length: > 40 } name]
            ? new StoredSnapshot(commit, name.TrimEnd('\t'))
            : throw new IOException($"git does not tell what it has kept: {told}");
}
