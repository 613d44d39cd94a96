using System.Security.Cryptography;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Files;

/// <summary>Workspaces as folders named by session id. Claude works in them meanwhile, and may plant links and swap names at any moment.</summary>
/// <remarks>So nothing is ever done by path: a folder is opened beneath the workspace without following a link, and the work happens in what was opened.</remarks>
internal sealed class WorkspaceFiles(IOptions<WorkspaceOptions> options, BeneathResolver resolver, IContentScanner scanner) : IWorkspaceFiles
{
    private const uint NewFileMode = 0b110_000_000;
    private const int LargestPage = 1000;

    private readonly WorkspaceOptions _options = options.Value;
    private readonly string _basePath = Path.GetFullPath(options.Value.BasePath!);
    private readonly string _homesPath = Path.GetFullPath(options.Value.HomesPath!);
    private readonly WorkspaceLocks _locks = new();

    public WorkspaceLocation Prepare(SessionId session)
    {
        var location = Locate(session);
        Directory.CreateDirectory(location.WorkspacePath, (UnixFileMode)DirectoryHandle.FolderMode);
        Directory.CreateDirectory(location.HomePath, (UnixFileMode)DirectoryHandle.FolderMode);
        return location;
    }

    public async Task RemoveAsync(SessionId session, CancellationToken cancellationToken)
    {
        using var turn = await _locks.EnterAsync(session, cancellationToken);
        foreach (var path in (string[])[_basePath, _homesPath])
        {
            using var parent = DirectoryHandle.Open(path, out var error);
            if (parent is not null)
            {
                TreeRemoval.Remove(parent, EntryName.From(session.ToString()), cancellationToken);
            }
            else if (error != Errno.NoEntry)
            {
                throw new PosixException("open", error);
            }
        }
    }

    public async Task<Result<WorkspaceCopy>> CopyAsync(SessionId from, SessionId to, CancellationToken cancellationToken)
    {
        using var turn = await _locks.EnterAsync(to, cancellationToken);
        using var source = OpenRoot(from, out _);
        using var target = OpenRoot(to, out var error);
        if (target is null)
        {
            return Failure(error, "such workspace");
        }

        return source is null
            ? new WorkspaceCopy(0, 0, 0)
            : await TreeCopy.CopyAsync(source, target, _options.MaxWorkspaceBytes, cancellationToken);
    }

    public async Task<Result<WrittenFile>> WriteAsync(
        SessionId session, WorkspacePath path, ReadOnlyMemory<byte> content, bool overwrite, CancellationToken cancellationToken)
    {
        if (content.Length > _options.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(path.Value, content.Length, _options.MaxFileBytes);
        }

        using var turn = await _locks.EnterAsync(session, cancellationToken);
        using var root = OpenRoot(session, out var error);
        if (root is null)
        {
            return Failure(error, path.Value);
        }

        var replaced = Find(root, path, out error);
        if (error is not (Errno.None or Errno.NoEntry))
        {
            return Failure(error, path.Value);
        }

        if (replaced is { IsRegular: false } other)
        {
            return WrongKind(path, other);
        }

        if (replaced is not null && !overwrite)
        {
            return WorkspaceErrors.Exists(path.Value);
        }

        // What is replaced gives its room back, unless another name keeps it.
        var used = TreeUsage.Of(root, cancellationToken).Bytes;
        var freed = replaced is { HasOtherNames: false } old ? old.Size : 0;
        if (used - freed > _options.MaxWorkspaceBytes - content.Length)
        {
            return WorkspaceErrors.QuotaExceeded(used, _options.MaxWorkspaceBytes);
        }

        using var folder = MakeFolders(root, path, out error);
        if (folder is null)
        {
            return Failure(error, path.Value);
        }

        var put = await AtomicWrite.PutAsync(
            folder,
            EntryName.From(path.Name),
            content,
            replaced?.Permissions ?? NewFileMode,
            overwrite,
            (staged, token) => scanner.ScanAsync(path, staged, token),
            cancellationToken);
        if (!put.IsSuccess)
        {
            return put.Error;
        }

        return put.Value switch
        {
            Errno.None => new WrittenFile(path, content.Length, Sha256(content), replaced is null),
            Errno.Exists => WorkspaceErrors.Exists(path.Value),
            var failed => Failure(failed, path.Value),
        };
    }

    public async Task<Result<FileRange>> ReadAsync(
        SessionId session, WorkspacePath path, long offset, long? length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (length is < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "A length cannot be negative.");
        }

        using var file = OpenFile(session, path, out var error);
        if (file is null)
        {
            return Failure(error, path.Value);
        }

        if (Posix.Stat(file, out var status) < 0)
        {
            throw new PosixException("statx", Posix.LastError);
        }

        if (!status.IsRegular)
        {
            return WrongKind(path, status);
        }

        var wanted = Math.Min(length ?? long.MaxValue, Math.Max(0, status.Size - offset));
        if (wanted > _options.MaxFileBytes)
        {
            return WorkspaceErrors.FileTooLarge(path.Value, wanted, _options.MaxFileBytes);
        }

        var content = await ReadAsync(file, offset, (int)wanted, cancellationToken);
        return new FileRange(content, offset, status.Size, Sha256(content));
    }

    public Task<Result<FilePage>> ListAsync(
        SessionId session, WorkspacePath? path, bool recursive, int limit, string? cursor, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LargestPage);
        return Task.FromResult(List());

        Result<FilePage> List()
        {
            var after = ListingCursor.Read(cursor, path);
            if (!after.IsSuccess)
            {
                return after.Error;
            }

            using var root = OpenRoot(session, out var error);
            using var inner = root is null || path is null ? null : resolver.OpenFolder(root, path.Value, out error);
            return error == Errno.None
                ? TreeListing.Page(inner ?? root!, path, recursive, limit, after.Value, cancellationToken)
                : Failure(error, path?.Value ?? "such folder");
        }
    }

    public Task<WorkspaceUsage> MeasureAsync(SessionId session, CancellationToken cancellationToken)
    {
        using var root = OpenRoot(session, out _);
        var usage = root is null ? null : TreeUsage.Of(root, cancellationToken);
        return Task.FromResult(new WorkspaceUsage(usage?.Bytes ?? 0, usage?.Files ?? 0, _options.MaxWorkspaceBytes));
    }

    private WorkspaceLocation Locate(SessionId session) =>
        new(Path.Combine(_basePath, session.ToString()), Path.Combine(_homesPath, session.ToString()));

    private DirectoryHandle? OpenRoot(SessionId session, out Errno error) =>
        DirectoryHandle.Open(Locate(session).WorkspacePath, out error);

    private DirectoryHandle? OpenParent(DirectoryHandle root, WorkspacePath path, out Errno error) =>
        resolver.OpenFolder(root, path.Value.LastIndexOf('/') is var slash and >= 0 ? path.Value[..slash] : ".", out error);

    private SafeFileHandle? OpenFile(SessionId session, WorkspacePath path, out Errno error)
    {
        using var root = OpenRoot(session, out error);
        using var parent = root is null ? null : OpenParent(root, path, out error);
        return parent?.OpenFile(EntryName.From(path.Name), out error);
    }

    private FileStatus? Find(DirectoryHandle root, WorkspacePath path, out Errno error)
    {
        using var parent = OpenParent(root, path, out error);
        return parent?.Stat(EntryName.From(path.Name), out error);
    }

    private static DirectoryHandle? MakeFolders(DirectoryHandle root, WorkspacePath path, out Errno error)
    {
        var folder = root.OpenFolder(EntryName.From("."), out error);
        foreach (var name in path.Value.Split('/')[..^1])
        {
            if (folder is null)
            {
                break;
            }

            using var above = folder;
            var entry = EntryName.From(name);
            folder = above.OpenFolder(entry, out error);
            if (error == Errno.NoEntry)
            {
                error = above.MakeFolder(entry);
                folder = error == Errno.None ? above.OpenFolder(entry, out error) : null;
            }
        }

        return folder;
    }

    private static async Task<byte[]> ReadAsync(SafeFileHandle file, long offset, int length, CancellationToken cancellationToken)
    {
        var content = new byte[length];
        var filled = 0;
        while (filled < length && await RandomAccess.ReadAsync(file, content.AsMemory(filled), offset + filled, cancellationToken) is var read and > 0)
        {
            filled += read;
        }

        // Shorter when the file was cut meanwhile.
        return filled == length ? content : content[..filled];
    }

    private static string Sha256(ReadOnlyMemory<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content.Span));

    private static Error WrongKind(WorkspacePath path, FileStatus status) => WorkspaceErrors.WrongKind(path.Value, status switch
    {
        { IsDirectory: true } => "a folder",
        { IsSymlink: true } => "a symbolic link, and links are not followed",
        _ => "not a regular file",
    });

    /// <summary>What an expected failure of the system means to the client.</summary>
    private static Error Failure(Errno error, string path) => error switch
    {
        Errno.NoEntry => WorkspaceErrors.NotFound(path),
        Errno.Loop or Errno.CrossDevice => WorkspaceErrors.PathInvalid("a symbolic link is on the way, and links are not followed"),
        Errno.NameTooLong => WorkspaceErrors.PathInvalid("one of its names is too long for this file system"),
        Errno.NotDirectory => WorkspaceErrors.WrongKind(path, "below a file, or a file where a folder was meant"),
        Errno.IsDirectory => WorkspaceErrors.WrongKind(path, "a folder"),
        Errno.NoDevice => WorkspaceErrors.WrongKind(path, "not a regular file"),
        Errno.AccessDenied or Errno.NotPermitted => WorkspaceErrors.WrongKind(path, "closed by its permissions"),
        _ => throw new PosixException("file access", error),
    };
}
