using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Puts a file into the session's workspace; folders on the way are made.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Where, relative to the workspace.</param>
/// <param name="Content">The bytes.</param>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
public sealed record UploadFile(UserId UserId, SessionId SessionId, string Path, ReadOnlyMemory<byte> Content, bool Overwrite) : ISessionRequest<Result<WrittenFile>>, IAudited<Result<WrittenFile>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("file.uploaded") { Target = Path }.With("size", AuditText.Number(Content.Length));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<WrittenFile> response) => Act.With("sha256", response.Value.Sha256).With("created", AuditText.Flag(response.Value.Created));
}

internal sealed class UploadFileHandler(IWorkspaceFiles files, ConfigurationLook configuration) : IRequestHandler<UploadFile, Result<WrittenFile>>
{
    public async Task<Result<WrittenFile>> Handle(UploadFile request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        if (!path.IsSuccess)
        {
            return path.Error;
        }

        var written = await files.WriteAsync(request.SessionId, path.Value, request.Content, request.Overwrite, cancellationToken);
        if (written.IsSuccess)
        {
            await configuration.AfterChangeOfAsync(request.SessionId, path.Value, cancellationToken);
        }

        return written;
    }
}
