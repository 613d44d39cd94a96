namespace Claudy.Domain.Workspaces;

/// <summary>How the files of a workspace differ between two moments.</summary>
/// <param name="SinceSeq">The event at which the first moment's files were kept.</param>
/// <param name="UntilSeq">The same of the second moment; null for now.</param>
/// <param name="Files">The files that differ, ordered by path.</param>
/// <param name="IsTruncated">Whether more differ than are listed.</param>
public sealed record WorkspaceDiff(long SinceSeq, long? UntilSeq, IReadOnlyList<FileDiff> Files, bool IsTruncated);

/// <summary>How one file differs.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="Change">What became of it.</param>
/// <param name="Diff">The difference in the unified form, from its <c>---</c> line on; null when it is binary, or when there was no room for it.</param>
/// <param name="IsBinary">Whether it is no text.</param>
/// <param name="IsTruncated">Whether the difference is not all of it.</param>
public sealed record FileDiff(string Path, FileChange Change, string? Diff, bool IsBinary, bool IsTruncated);
