using System.Globalization;
using System.Text;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <content>Going back.</content>
internal sealed partial class SessionCheckpoints
{
    /// <summary>Puts what turns changed since the beginning of one back as it was.</summary>
    public async Task<Result<RestoredFiles>> RestoreAsync(long seq, SessionFiles files, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        var beginning = CheckpointName.Of(seq, isBeginning: true);
        if (!_names!.Contains(beginning))
        {
            return WorkspaceErrors.CheckpointNotFound();
        }

        if (await LookAsync(cancellationToken) is null)
        {
            return WorkspaceErrors.CheckpointFailed();
        }

        var byTurns = await ChangedByTurnsAsync(beginning, cancellationToken);
        List<StoredChange> changes = [.. (await ChangesAsync(beginning.Ref, Latest, cancellationToken)).Where(change => byTurns.Contains(change.Path))];
        return await RestoreAsync(changes, files, cancellationToken);
    }

    // What leads to the end of a turn is the turn's; what leads to the beginning of the next is its user's.
    private async Task<HashSet<WorkspacePath>> ChangedByTurnsAsync(CheckpointName beginning, CancellationToken cancellationToken)
    {
        HashSet<WorkspacePath> paths = [];
        var before = beginning;
        foreach (var name in _names!.Where(name => name.Seq > beginning.Seq).OrderBy(name => name.Seq))
        {
            if (!name.IsBeginning)
            {
                paths.UnionWith((await ChangesAsync(before.Ref, name.Ref, cancellationToken)).Select(change => change.Path));
            }

            before = name;
        }

        return paths;
    }

    private async Task<IEnumerable<StoredChange>> ChangesAsync(string since, string until, CancellationToken cancellationToken) =>
        StoredChange.Read(await repository.TextAsync(["diff-tree", "--raw", "--no-abbrev", "--no-renames", "-r", "-z", since, until], cancellationToken));

    private async Task<RestoredFiles> RestoreAsync(List<StoredChange> changes, SessionFiles files, CancellationToken cancellationToken)
    {
        List<string> restored = [];
        List<string> left = [];

        // First, since a file may be where a folder was.
        foreach (var added in changes.Where(change => !change.WasThere))
        {
            (await files.RemoveAsync(added.Path, cancellationToken) ? restored : left).Add(added.Path.Value);
        }

        List<StoredChange> kept = [.. changes.Where(change => change.WasThere)];
        if (kept.Count > 0)
        {
            await repository.RunAsync(
                ["cat-file", "--batch"],
                input => SnapshotStream.WriteAsync(input, string.Concat(kept.Select(change => $"{change.Content}\n")), cancellationToken),
                async output =>
                {
                    foreach (var change in kept)
                    {
                        var content = await ReadContentAsync(output, cancellationToken);
                        (await files.PutAsync(change.Path, content, change.WasExecutable, cancellationToken) ? restored : left).Add(change.Path.Value);
                    }
                },
                cancellationToken);
        }

        files.Sync();
        return new RestoredFiles(restored, left);
    }

    /// <summary>Reads <c>name blob size</c>, a line feed, the bytes, a line feed.</summary>
    private static async Task<byte[]> ReadContentAsync(Stream output, CancellationToken cancellationToken)
    {
        var one = new byte[1];
        var header = new StringBuilder();
        while (one[0] != (byte)'\n')
        {
            await output.ReadExactlyAsync(one, cancellationToken);
            header.Append((char)one[0]);
        }

        if (header.ToString().TrimEnd().Split(' ') is not [_, "blob", var size])
        {
            throw new IOException($"git has no such content: {header}");
        }

        var content = new byte[int.Parse(size, CultureInfo.InvariantCulture)];
        await output.ReadExactlyAsync(content, cancellationToken);
        await output.ReadExactlyAsync(one, cancellationToken);
        return content;
    }
}

/// <summary>Puts files of one session back.</summary>
internal sealed class SessionFiles(WorkspaceRestorer restorer, SessionId session)
{
    public Task<bool> PutAsync(WorkspacePath path, ReadOnlyMemory<byte> content, bool isExecutable, CancellationToken cancellationToken) =>
        restorer.PutAsync(session, path, content, isExecutable, cancellationToken);

    public Task<bool> RemoveAsync(WorkspacePath path, CancellationToken cancellationToken) => restorer.RemoveAsync(session, path, cancellationToken);

    public void Sync() => restorer.Sync(session);
}
