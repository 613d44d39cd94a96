using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Removes a file, a link or a folder of the session's workspace.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Which, relative to the workspace.</param>
/// <param name="Recursive">Whether a folder goes with all that is in it.</param>
public sealed record DeleteFile(UserId UserId, SessionId SessionId, string Path, bool Recursive) : ISessionRequest<Result>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("file.deleted") { Target = Path }.With("recursive", AuditText.Flag(Recursive));
}

internal sealed class DeleteFileHandler(IWorkspaceFiles files, ConfigurationLook configuration) : IRequestHandler<DeleteFile, Result>
{
    public async Task<Result> Handle(DeleteFile request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        if (!path.IsSuccess)
        {
            return path.Error;
        }

        var deleted = await files.DeleteAsync(request.SessionId, path.Value, request.Recursive, cancellationToken);
        if (deleted.IsSuccess)
        {
            await (request.Recursive
                ? configuration.AfterChangesAsync(request.SessionId, cancellationToken)
                : configuration.AfterChangeOfAsync(request.SessionId, path.Value, cancellationToken));
        }

        return deleted;
    }
}
