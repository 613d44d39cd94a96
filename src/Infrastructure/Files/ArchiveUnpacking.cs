using System.Buffers;
using System.IO.Compression;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>Unpacks an archive into a folder where no session sees it. What an archive says of itself is not believed: bytes are counted as they come.</summary>
internal sealed class ArchiveUnpacking(DirectoryHandle folder, long maxFileBytes, long maxBytes, StagingBudget.Room room) : IDisposable
{
    private const int BufferSize = 128 * 1024;

    // Text is packed to a tenth, rarely to a fiftieth; bombs to a thousandth.
    private const long MaxRatio = 200;
    private const long RatioCountsFrom = 4L << 20;

    /// <summary>The files, sealed.</summary>
    public List<(WorkspacePath Path, StagedFile File, uint Mode)> Files { get; } = [];

    /// <summary>The folders that the archive names.</summary>
    public IReadOnlyList<WorkspacePath> Folders { get; private set; } = [];

    /// <summary>What the files hold.</summary>
    public long Bytes { get; private set; }

    /// <returns>Null when all is unpacked.</returns>
    public async Task<Error?> UnpackAsync(Stream archive, WorkspacePath? into, CancellationToken cancellationToken)
    {
        try
        {
            if (await ZipDirectory.LengthAsync(archive, cancellationToken) is not { } listed)
            {
                return NotAZip();
            }

            if (listed > ArchivePlan.MaxDirectoryBytes)
            {
                return ArchivePlan.TooManyEntries();
            }

            await using var zip = await ZipArchive.CreateAsync(archive, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
            var plan = ArchivePlan.Of(zip, into);
            return plan.IsSuccess ? await UnpackAsync(plan.Value, archive.Length, cancellationToken) : plan.Error;
        }
        catch (InvalidDataException)
        {
            return NotAZip();
        }
    }

    public void Dispose() => Files.ForEach(file => file.File.Dispose());

    private async Task<Error?> UnpackAsync(ArchivePlan plan, long packedBytes, CancellationToken cancellationToken)
    {
        Folders = plan.Folders;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            foreach (var (entry, path, mode) in plan.Files)
            {
                var staged = StagedFile.Create(folder, EntryName.From($"{Files.Count}"), ownsFolder: false);
                Files.Add((path, staged, mode));
                if (await FillAsync(staged, entry, path, packedBytes, buffer, cancellationToken) is { } refused)
                {
                    return refused;
                }

                staged.Seal(flush: false);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<Error?> FillAsync(
        StagedFile staged, ZipArchiveEntry entry, WorkspacePath path, long packedBytes, byte[] buffer, CancellationToken cancellationToken)
    {
        var checkSum = new Crc32();
        await using var content = await entry.OpenAsync(cancellationToken);
        while (await content.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            Bytes += read;
            if (staged.Size + read > maxFileBytes)
            {
                return WorkspaceErrors.FileTooLarge(path.Value, staged.Size + read, maxFileBytes);
            }

            if (Bytes > maxBytes)
            {
                return WorkspaceErrors.QuotaExceeded(Bytes, maxBytes);
            }

            if (Bytes > RatioCountsFrom && Bytes / MaxRatio > packedBytes)
            {
                return TransferErrors.ArchiveRefused("ratio", $"holds more than {MaxRatio} times its own size", entry.FullName);
            }

            if (room.Take(read) is { } tooMuch)
            {
                return tooMuch;
            }

            checkSum.Append(buffer.AsSpan(0, read));
            await staged.AppendAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return staged.Size == entry.Length && checkSum.Value == entry.Crc32
            ? null
            : TransferErrors.ArchiveRefused("damaged", "is damaged", entry.FullName);
    }

    private static Error NotAZip() => TransferErrors.ArchiveRefused("not_a_zip", "is no zip archive, or is damaged");
}
