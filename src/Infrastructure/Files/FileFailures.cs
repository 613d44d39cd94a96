using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>What expected failures of the system mean to the client.</summary>
internal static class FileFailures
{
    /// <exception cref="PosixException">Nobody expects that one.</exception>
    public static Error Of(Errno error, string path) => error switch
    {
        Errno.NoEntry => WorkspaceErrors.NotFound(path),
        Errno.Exists => WorkspaceErrors.Exists(path),
        Errno.NotEmpty => TransferErrors.FolderNotEmpty(path),
        Errno.Loop or Errno.CrossDevice => WorkspaceErrors.PathInvalid("a symbolic link is on the way, and links are not followed"),
        Errno.NameTooLong => WorkspaceErrors.PathInvalid("one of its names is too long for this file system"),
        Errno.NotDirectory => WorkspaceErrors.WrongKind(path, "below a file, or a file where a folder was meant"),
        Errno.IsDirectory => WorkspaceErrors.WrongKind(path, "a folder"),
        Errno.NoDevice => WorkspaceErrors.WrongKind(path, "not a regular file"),
        Errno.AccessDenied or Errno.NotPermitted => WorkspaceErrors.WrongKind(path, "closed by its permissions"),
        _ => StorageGuard.Meaning(error) ?? throw new PosixException("file access", error),
    };

    public static Error WrongKind(WorkspacePath path, FileStatus status) => WorkspaceErrors.WrongKind(path.Value, status switch
    {
        { IsDirectory: true } => "a folder",
        { IsSymlink: true } => "a symbolic link, and links are not followed",
        _ => "not a regular file",
    });
}
