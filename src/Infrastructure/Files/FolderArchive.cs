using System.IO.Compression;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>Writes a folder as a zip archive while others may work in it: no link is followed, and names that no workspace path may have are left out.</summary>
internal sealed class FolderArchive(DirectoryHandle folder) : IFolderArchive
{
    // Each level holds a handle; what lies deeper no workspace path can name.
    private const int MaxDepth = WorkspacePath.MaxDepth;
    private const int FolderAttributes = 0x4000 << 16;
    private const int FileAttributes = 0x8000 << 16;

    // What the format can hold.
    private static readonly DateTimeOffset FirstTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset LastTime = new(2107, 12, 31, 23, 59, 58, TimeSpan.Zero);

    public async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        await using var deferred = new DeferredWrites(output);
        await using (var zip = await ZipArchive.CreateAsync(deferred, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken))
        {
            await AddAsync(zip, folder, "", 1, cancellationToken);
        }

        await deferred.FlushAsync(cancellationToken);
    }

    public void Dispose() => folder.Dispose();

    private static async Task AddAsync(ZipArchive zip, DirectoryHandle from, string prefix, int depth, CancellationToken cancellationToken)
    {
        foreach (var name in from.ReadNames().Select(entry => entry.Text).Order(StringComparer.Ordinal).ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!WorkspacePath.Parse(prefix + name).IsSuccess)
            {
                continue;
            }

            switch (from.Stat(EntryName.From(name), out _))
            {
                case { IsDirectory: true } status:
                    Create(zip, $"{prefix}{name}/", status, FolderAttributes);
                    using (var inner = depth < MaxDepth ? from.OpenFolder(EntryName.From(name), out _) : null)
                    {
                        await (inner is null ? Task.CompletedTask : AddAsync(zip, inner, $"{prefix}{name}/", depth + 1, cancellationToken));
                    }

                    break;
                case { IsRegular: true }:
                    await AddFileAsync(zip, from, name, prefix, cancellationToken);
                    break;
            }
        }
    }

    private static async Task AddFileAsync(ZipArchive zip, DirectoryHandle from, string name, string prefix, CancellationToken cancellationToken)
    {
        // What was a file when it was looked at may be a pipe by now.
        var file = from.OpenFile(EntryName.From(name), out _);
        if (file is null || Posix.Stat(file, out var status) < 0 || !status.IsRegular)
        {
            file?.Dispose();
            return;
        }

        await using var content = new WorkspaceFileStream(file, status.Size);
        await using var entry = await Create(zip, prefix + name, status, FileAttributes).OpenAsync(cancellationToken);
        await content.CopyToAsync(entry, cancellationToken);
    }

    private static ZipArchiveEntry Create(ZipArchive zip, string name, FileStatus status, int attributes)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
        entry.ExternalAttributes = attributes | (int)(status.Permissions << 16);
        entry.LastWriteTime = new DateTimeOffset(Math.Clamp(status.Modified.UtcTicks, FirstTime.UtcTicks, LastTime.UtcTicks), TimeSpan.Zero);
        return entry;
    }
}
