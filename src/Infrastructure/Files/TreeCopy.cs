using System.Buffers;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>Copies the regular files and folders of a tree, while others may work in it: no link is followed, no device opened for long.</summary>
internal sealed class TreeCopy
{
    // Each level holds two handles; what lies deeper is left out.
    private const int MaxDepth = 256;
    private const int BufferSize = 128 * 1024;

    private readonly WorkspaceLimits _may;
    private Error? _full;
    private long _files;
    private long _bytes;
    private long _skipped;

    private TreeCopy(WorkspaceLimits may) => _may = may;

    public static async Task<Result<WorkspaceCopy>> CopyAsync(DirectoryHandle source, DirectoryHandle target, WorkspaceLimits may, CancellationToken cancellationToken)
    {
        var copy = new TreeCopy(may);
        return await copy.CopyFolderAsync(source, target, depth: 0, cancellationToken)
            ? new WorkspaceCopy(copy._files, copy._bytes, copy._skipped)
            : copy._full!;
    }

    /// <returns>Whether there was room.</returns>
    private async Task<bool> CopyFolderAsync(DirectoryHandle source, DirectoryHandle target, int depth, CancellationToken cancellationToken)
    {
        foreach (var name in source.ReadNames())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var status = source.Stat(name, out _);
            var hasRoom = status switch
            {
                { IsDirectory: true } when depth < MaxDepth => await CopyInnerAsync(source, target, name, depth, cancellationToken),
                { IsRegular: true } => await CopyFileAsync(source, target, name, cancellationToken),
                null => true, // gone since it was read
                _ => Skip(),
            };
            if (!hasRoom)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> CopyInnerAsync(DirectoryHandle source, DirectoryHandle target, EntryName name, int depth, CancellationToken cancellationToken)
    {
        using var from = source.OpenFolder(name, out _);
        if (from is null)
        {
            return Skip();
        }

        Expect(target.MakeFolder(name), "mkdirat");
        using var to = target.OpenFolder(name, out var error) ?? throw new PosixException("openat", error);
        return await CopyFolderAsync(from, to, depth + 1, cancellationToken);
    }

    private async Task<bool> CopyFileAsync(DirectoryHandle source, DirectoryHandle target, EntryName name, CancellationToken cancellationToken)
    {
        // What was a file when it was looked at may be a pipe by now.
        using var from = source.OpenFile(name, out _);
        if (from is null || Posix.Stat(from, out var status) < 0 || !status.IsRegular)
        {
            return Skip();
        }

        if (_files == _may.MaxFiles)
        {
            _full = WorkspaceErrors.TooManyFiles(_files, _may.MaxFiles);
            return false;
        }

        using var to = target.CreateFile(name, status.Permissions, out var error) ?? throw new PosixException("openat", error);
        if (!await CopyContentAsync(from, to, cancellationToken))
        {
            return false;
        }

        if (Posix.ChangeMode(to, status.Permissions) < 0)
        {
            throw new PosixException("fchmod", Posix.LastError);
        }

        File.SetLastWriteTimeUtc(to, status.Modified.UtcDateTime);
        _files++;
        return true;
    }

    private async Task<bool> CopyContentAsync(SafeFileHandle from, SafeFileHandle to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var at = 0L;
            while (await RandomAccess.ReadAsync(from, buffer, at, cancellationToken) is var read and > 0)
            {
                if (read > _may.MaxBytes - _bytes)
                {
                    _full = WorkspaceErrors.QuotaExceeded(_bytes, _may.MaxBytes);
                    return false;
                }

                await RandomAccess.WriteAsync(to, buffer.AsMemory(0, read), at, cancellationToken);
                at += read;
                _bytes += read;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool Skip()
    {
        _skipped++;
        return true;
    }

    private static void Expect(Errno error, string call)
    {
        if (error != Errno.None)
        {
            throw new PosixException(call, error);
        }
    }
}
