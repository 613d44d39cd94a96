using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Puts a file into the session's workspace while its content comes in; folders on the way are made.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Where, relative to the workspace.</param>
/// <param name="Content">Read to its end, or not at all.</param>
/// <param name="Length">How many bytes, when that was said.</param>
/// <param name="Condition">When only.</param>
public sealed record ReceiveFile(UserId UserId, SessionId SessionId, string Path, Stream Content, long? Length, WriteCondition Condition)
    : ISessionRequest<Result<WrittenFile>>, IAudited<Result<WrittenFile>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("file.uploaded") { Target = Path };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<WrittenFile> response) => Act
        .With("size", AuditText.Number(response.Value.Size))
        .With("sha256", response.Value.Sha256)
        .With("created", AuditText.Flag(response.Value.Created));
}

internal sealed class ReceiveFileHandler(IWorkspaceFiles files, ConfigurationLook configuration) : IRequestHandler<ReceiveFile, Result<WrittenFile>>
{
    public async Task<Result<WrittenFile>> Handle(ReceiveFile request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        if (!path.IsSuccess)
        {
            return path.Error;
        }

        var written = await files.WriteAsync(request.SessionId, path.Value, request.Content, request.Length, request.Condition, cancellationToken);
        if (written.IsSuccess)
        {
            await configuration.AfterChangeOfAsync(request.SessionId, path.Value, cancellationToken);
        }

        return written;
    }
}
