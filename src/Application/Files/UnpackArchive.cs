using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Unpacks a zip archive into a folder of the session's workspace.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Which folder, relative to the workspace, which is made; empty for the workspace itself.</param>
/// <param name="Content">The archive.</param>
/// <param name="Length">How many bytes, when that was said.</param>
/// <param name="Overwrite">Whether files that are there are replaced.</param>
public sealed record UnpackArchive(UserId UserId, SessionId SessionId, string Path, Stream Content, long? Length, bool Overwrite)
    : ISessionRequest<Result<UnpackedArchive>>, IAudited<Result<UnpackedArchive>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("archive.unpacked") { Target = Path };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<UnpackedArchive> response) => Act
        .With("files", AuditText.Number(response.Value.Files))
        .With("size", AuditText.Number(response.Value.SizeBytes))
        .With("replaced", AuditText.Number(response.Value.Replaced));
}

internal sealed class UnpackArchiveHandler(IWorkspaceArchives archives, ConfigurationLook configuration) : IRequestHandler<UnpackArchive, Result<UnpackedArchive>>
{
    public async Task<Result<UnpackedArchive>> Handle(UnpackArchive request, CancellationToken cancellationToken)
    {
        var path = request.Path.Length == 0 ? null : WorkspacePath.Parse(request.Path);
        if (path?.Error is { } invalid)
        {
            return invalid;
        }

        var unpacked = await archives.UnpackAsync(
            request.SessionId, path?.Value, request.Content, request.Length, request.Overwrite, cancellationToken);
        if (unpacked.IsSuccess)
        {
            await configuration.AfterChangesAsync(request.SessionId, cancellationToken);
        }

        return unpacked;
    }
}
