using System.Text.Json;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.WebApi.Protocol;

/// <summary>Fields of <c>quota_paused</c>, <c>quota_resumed</c> and within <c>session_attached</c>.</summary>
internal sealed record QuotaData(long SizeBytes, long FileCount, long MaxSizeBytes, long MaxFiles)
{
    public static QuotaData Of(WorkspaceUsage usage) => new(usage.SizeBytes, usage.FileCount, usage.MaxSizeBytes, usage.MaxFiles);
}

/// <summary>Fields of <c>workspace_diff</c>.</summary>
internal sealed record WorkspaceDiffData(long SinceSeq, long? UntilSeq, IReadOnlyList<FileDiffData> Files, bool? Truncated)
{
    public static WorkspaceDiffData Of(WorkspaceDiff diff) =>
        new(diff.SinceSeq, diff.UntilSeq, [.. diff.Files.Select(FileDiffData.Of)], diff.IsTruncated ? true : null);
}

/// <summary>How one file differs.</summary>
internal sealed record FileDiffData(string Path, string Change, string? Diff, bool? Binary, bool? Truncated)
{
    public static FileDiffData Of(FileDiff file) =>
        new(file.Path, WireNames.Of(file.Change), file.Diff, file.IsBinary ? true : null, file.IsTruncated ? true : null);
}

/// <summary>Writes the fields of events about the workspace.</summary>
internal static class WorkspaceData
{
    public static void Write(Utf8JsonWriter writer, WorkspaceUsage usage)
    {
        writer.WriteNumber("size_bytes"u8, usage.SizeBytes);
        writer.WriteNumber("file_count"u8, usage.FileCount);
        writer.WriteNumber("max_size_bytes"u8, usage.MaxSizeBytes);
        writer.WriteNumber("max_files"u8, usage.MaxFiles);
    }

    public static void Write(Utf8JsonWriter writer, FilesChanged changed)
    {
        writer.WriteStartArray("files"u8);
        foreach (var file in changed.Files)
        {
            writer.WriteStartObject();
            writer.WriteString("path"u8, file.Path);
            writer.WriteString("change"u8, WireNames.Of(file.Change));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (changed.IsTruncated)
        {
            writer.WriteBoolean("truncated"u8, true);
        }
    }
}
