using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files.Ports;

/// <summary>All file work beneath a session's workspace. No name, link or race leads out of it.</summary>
public interface IWorkspaceFiles
{
    /// <summary>Makes the session's workspace and agent home, or finds them.</summary>
    WorkspaceLocation Prepare(SessionId session);

    /// <summary>Removes workspace and home and all that is in them.</summary>
    Task RemoveAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>
    /// Copies a session's workspace into another one's, which is prepared and empty: regular files and folders, with their permissions
    /// and times. Links and what cannot be read are left out; a file that changes meanwhile is copied as it was read.
    /// </summary>
    /// <returns>What was copied; <c>FILE_006</c> when it is more than a workspace may hold: then the copy is not whole.</returns>
    Task<Result<WorkspaceCopy>> CopyAsync(SessionId from, SessionId to, CancellationToken cancellationToken);

    /// <summary>Writes a whole file atomically; folders on the way are made.</summary>
    /// <returns>What was written; <c>FILE_001</c> too large, <c>FILE_002</c>, <c>FILE_021</c> or <c>FILE_022</c> by <see cref="IContentScanner"/>, <c>FILE_003</c> bad path, <c>FILE_005</c> exists, <c>FILE_006</c> quota.</returns>
    Task<Result<WrittenFile>> WriteAsync(SessionId session, WorkspacePath path, ReadOnlyMemory<byte> content, bool overwrite, CancellationToken cancellationToken);

    /// <summary>The same with content that comes bit by bit; none of it is seen before all is there.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="path">Which file.</param>
    /// <param name="content">What it will hold; what goes wrong while it is read is its sender's fault.</param>
    /// <param name="length">How many bytes, when that was said.</param>
    /// <param name="condition">When only.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing.</param>
    /// <returns>As above; and <c>FILE_009</c> broken off, <c>FILE_010</c> another digest, <c>FILE_012</c> another version.</returns>
    Task<Result<WrittenFile>> WriteAsync(
        SessionId session, WorkspacePath path, Stream content, long? length, WriteCondition condition, CancellationToken cancellationToken);

    /// <summary>Opens a file to be read bit by bit, of any size.</summary>
    /// <returns>The file; <c>FILE_004</c> when there is none.</returns>
    Task<Result<OpenedFile>> OpenAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken);

    /// <summary>Gives a file, folder or link another name; folders on the way there are made.</summary>
    /// <returns>What was moved; <c>FILE_004</c> when there is none, <c>FILE_005</c> when the new name is taken, <c>FILE_014</c> when by a folder with something in it.</returns>
    Task<Result<MovedFile>> MoveAsync(SessionId session, WorkspacePath from, WorkspacePath to, bool overwrite, CancellationToken cancellationToken);

    /// <summary>Removes a file, a link, or a folder.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="path">What.</param>
    /// <param name="recursive">Whether a folder goes with all that is in it.</param>
    /// <param name="cancellationToken">Gives up; a folder is gone at once, or not at all.</param>
    /// <returns><c>FILE_004</c> when there is none, <c>FILE_014</c> when a folder is not empty.</returns>
    Task<Result> DeleteAsync(SessionId session, WorkspacePath path, bool recursive, CancellationToken cancellationToken);

    /// <summary>Makes a folder, and those on the way.</summary>
    /// <returns>Whether it was made: false when it was there; <c>FILE_007</c> when something else is.</returns>
    Task<Result<bool>> MakeDirectoryAsync(SessionId session, WorkspacePath path, CancellationToken cancellationToken);

    /// <summary>Reads a range of a file.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="path">Which file.</param>
    /// <param name="offset">From which byte; beyond the end gives no bytes.</param>
    /// <param name="length">At most so many bytes; null for the rest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The bytes; <c>FILE_004</c> when there is no such file, <c>FILE_001</c> when it is more than the largest frame can carry.</returns>
    Task<Result<FileRange>> ReadAsync(SessionId session, WorkspacePath path, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>Lists a folder.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="path">Which folder; null for the workspace itself.</param>
    /// <param name="recursive">Whether folders within are listed too; symbolic links are listed, never followed.</param>
    /// <param name="limit">At most so many entries, 1 to 1,000.</param>
    /// <param name="cursor">Where the last page ended; null for the first.</param>
    /// <param name="ignore">Whether what the workspace's <c>.gitignore</c> files name is left out, and <c>.git</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Result<FilePage>> ListAsync(
        SessionId session, WorkspacePath? path, bool recursive, int limit, string? cursor, bool ignore, CancellationToken cancellationToken);

    /// <summary>How much the workspace holds, as far as the server knows without looking: exact but for what others wrote a moment ago.</summary>
    Task<WorkspaceUsage> MeasureAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>How much the workspace holds, by looking at every file.</summary>
    Task<WorkspaceUsage> MeasureAnewAsync(SessionId session, CancellationToken cancellationToken);
}

/// <summary>Where a session's folders are on this machine.</summary>
/// <param name="WorkspacePath">What Claude sees as /workspace.</param>
/// <param name="HomePath">The agent's home.</param>
public sealed record WorkspaceLocation(string WorkspacePath, string HomePath);

/// <summary>A workspace that was copied.</summary>
/// <param name="Files">How many files.</param>
/// <param name="SizeBytes">What they hold.</param>
/// <param name="Skipped">How many names were left out.</param>
public sealed record WorkspaceCopy(long Files, long SizeBytes, long Skipped);

/// <summary>A file that was written.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Created">Whether there was none before.</param>
public sealed record WrittenFile(WorkspacePath Path, long Size, string Sha256, bool Created)
{
    /// <summary>As <see cref="OpenedFile.Version"/>.</summary>
    public string? Version { get; init; }
}

/// <summary>When a file is written only.</summary>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
/// <param name="Sha256">What the content's SHA-256 must be, in hexadecimal; null for whatever it is.</param>
/// <param name="Version">Which version of the file must be there; null for any or none.</param>
public sealed record WriteCondition(bool Overwrite, string? Sha256 = null, string? Version = null)
{
    /// <summary>Stands for whatever version is there.</summary>
    public const string AnyVersion = "*";
}

/// <summary>A file that is open: its name may go to another one meanwhile.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">When it was last written.</param>
/// <param name="Version">Differs once the file is written to or replaced; letters, digits and hyphens.</param>
/// <param name="Content">Its first <paramref name="Size"/> bytes, from any place; fewer when it is cut meanwhile.</param>
public sealed record OpenedFile(WorkspacePath Path, long Size, DateTimeOffset Modified, string Version, Stream Content) : IAsyncDisposable
{
    /// <summary>Closes it.</summary>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>What was moved.</summary>
/// <param name="From">Its name before.</param>
/// <param name="To">Its name now.</param>
/// <param name="IsDirectory">Whether it is a folder.</param>
public sealed record MovedFile(WorkspacePath From, WorkspacePath To, bool IsDirectory);

/// <summary>A piece of a file.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="Offset">Where they begin.</param>
/// <param name="Size">The whole file's size in bytes.</param>
/// <param name="Sha256">Of <paramref name="Content"/>, lower-case hexadecimal.</param>
public sealed record FileRange(ReadOnlyMemory<byte> Content, long Offset, long Size, string Sha256);

/// <summary>One name in a folder.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="Size">Bytes; 0 for folders.</param>
/// <param name="Modified">When it was last written.</param>
/// <param name="Type">What it is.</param>
public sealed record FileEntry(WorkspacePath Path, long Size, DateTimeOffset Modified, FileEntryType Type);

/// <summary>What a name in a folder stands for.</summary>
public enum FileEntryType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A symbolic link; never followed.</summary>
    Symlink,

    /// <summary>A socket, pipe or device.</summary>
    Other,
}

/// <summary>Some entries, ordered by path, and where to go on.</summary>
public sealed record FilePage(IReadOnlyList<FileEntry> Entries, string? NextCursor);
