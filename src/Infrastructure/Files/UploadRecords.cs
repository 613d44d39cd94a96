using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>What an upload is for, as it is kept beside its content.</summary>
internal sealed record StoredPlan(string Path, long Size, bool Overwrite)
{
    public static StoredPlan Of(UploadPlan plan) => new(plan.Path.Value, plan.Size, plan.Overwrite);

    public UploadPlan For(UploadId id) => new(id, WorkspacePath.Parse(Path).Value, Size, Overwrite);
}

/// <summary>What came of an upload, kept for those who lost the answer.</summary>
internal sealed record StoredOutcome(StoredPlan Plan, string Sha256, bool Created, string? Version)
{
    public WrittenFile File() => new(WorkspacePath.Parse(Plan.Path).Value, Plan.Size, Sha256, Created) { Version = Version };
}

[JsonSerializable(typeof(StoredPlan))]
[JsonSerializable(typeof(StoredOutcome))]
internal sealed partial class UploadJson : JsonSerializerContext;

/// <summary>Small JSON files in a session's staging folder.</summary>
internal static class UploadRecords
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>Reads one; null when there is none, or only half of one, which a crash leaves.</summary>
    public static T? Read<T>(DirectoryHandle folder, EntryName name, JsonTypeInfo<T> type)
        where T : class
    {
        using var file = folder.OpenFile(name, out _);
        if (file is null)
        {
            return null;
        }

        var text = new byte[MaxBytes];
        var length = RandomAccess.Read(file, text, 0);
        try
        {
            return JsonSerializer.Deserialize(text.AsSpan(0, length), type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes one, so that it lasts through a power cut; or none.</summary>
    public static void Write<T>(DirectoryHandle folder, EntryName name, T record, JsonTypeInfo<T> type)
    {
        folder.RemoveFile(name);
        using var file = folder.CreateFile(name, StagedFile.NewFileMode, out var error) ?? throw new PosixException("openat", error);
        try
        {
            RandomAccess.Write(file, JsonSerializer.SerializeToUtf8Bytes(record, type), 0);
            RandomAccess.FlushToDisk(file);
            if (folder.Sync() is var unsynced and not Errno.None)
            {
                throw new PosixException("fsync", unsynced);
            }
        }
        catch
        {
            folder.RemoveFile(name);
            throw;
        }
    }
}
