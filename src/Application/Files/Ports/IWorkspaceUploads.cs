using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Files.Ports;

/// <summary>
/// Uploads in pieces: they outlast connections and the server, and wait where no session sees them until they are committed. Those that
/// nobody goes on with are removed after a time.
/// </summary>
public interface IWorkspaceUploads
{
    /// <summary>Begins an upload, or finds how far it is.</summary>
    /// <returns>
    /// How far it is; <c>FILE_001</c> too large, <c>FILE_005</c> exists, <c>FILE_006</c> quota, <c>FILE_012</c> the id stands for something else,
    /// <c>FILE_013</c> too many.
    /// </returns>
    Task<Result<UploadState>> BeginAsync(SessionId session, UploadPlan plan, CancellationToken cancellationToken);

    /// <summary>Adds a piece. One that is there already, to the letter, is fine.</summary>
    /// <returns>How far it is; <c>FILE_009</c> longer than was said, <c>FILE_011</c> no such upload, <c>FILE_012</c> the piece does not follow.</returns>
    Task<Result<UploadState>> AppendAsync(SessionId session, UploadId id, long offset, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Puts what was uploaded under its name. To do it again gives the same answer.</summary>
    /// <param name="session">Whose workspace.</param>
    /// <param name="id">Which upload.</param>
    /// <param name="sha256">What its SHA-256 must be, in hexadecimal; null for whatever it is. When it is another, the upload is gone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>As <see cref="IWorkspaceFiles"/> writes; and <c>FILE_009</c> not all is there, <c>FILE_011</c> no such upload.</returns>
    Task<Result<WrittenFile>> CommitAsync(SessionId session, UploadId id, string? sha256, CancellationToken cancellationToken);

    /// <summary>Forgets an upload.</summary>
    /// <returns><c>FILE_011</c> when there is none.</returns>
    Task<Result> AbortAsync(SessionId session, UploadId id, CancellationToken cancellationToken);
}

/// <summary>What is going to be uploaded.</summary>
/// <param name="Id">Names it within its session.</param>
/// <param name="Path">Where, relative to the workspace.</param>
/// <param name="Size">Bytes, in all.</param>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
public sealed record UploadPlan(UploadId Id, WorkspacePath Path, long Size, bool Overwrite);

/// <summary>How far an upload is.</summary>
/// <param name="Plan">What it is for.</param>
/// <param name="Offset">Bytes that are there; the next piece begins here.</param>
public sealed record UploadState(UploadPlan Plan, long Offset);
