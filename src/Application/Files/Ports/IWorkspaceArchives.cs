using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files.Ports;

/// <summary>Whole folders of workspaces, out and in, as zip archives.</summary>
public interface IWorkspaceArchives
{
    /// <summary>Opens a folder, to be sent as an archive.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="path">Which folder; null for the workspace itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The folder; <c>FILE_004</c> when there is none, <c>FILE_007</c> when it is no folder.</returns>
    Task<Result<IFolderArchive>> OpenAsync(SessionId session, WorkspacePath? path, CancellationToken cancellationToken);

    /// <summary>Unpacks an archive: all of it, or nothing.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="into">Which folder, which is made; null for the workspace itself.</param>
    /// <param name="content">The archive; what goes wrong while it is read is its sender's fault.</param>
    /// <param name="length">How many bytes, when that was said.</param>
    /// <param name="overwrite">Whether files that are there are replaced.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing.</param>
    /// <returns>
    /// What was unpacked; <c>FILE_015</c> when the archive cannot be, else as <see cref="IWorkspaceFiles"/> writes. When the workspace changes
    /// while files take their names, an error may say by <c>written</c> how many did.
    /// </returns>
    Task<Result<UnpackedArchive>> UnpackAsync(
        SessionId session, WorkspacePath? into, Stream content, long? length, bool overwrite, CancellationToken cancellationToken);
}

/// <summary>A folder that is open.</summary>
public interface IFolderArchive : IDisposable
{
    /// <summary>
    /// Writes its files and folders as an archive, with their times and permissions, as they are read. Links, devices and what cannot be
    /// read are left out.
    /// </summary>
    Task WriteAsync(Stream output, CancellationToken cancellationToken);
}

/// <summary>What was unpacked.</summary>
/// <param name="Files">How many files.</param>
/// <param name="Folders">How many folders that the archive names.</param>
/// <param name="SizeBytes">What the files hold.</param>
/// <param name="Replaced">How many files were there before.</param>
public sealed record UnpackedArchive(int Files, int Folders, long SizeBytes, int Replaced);
