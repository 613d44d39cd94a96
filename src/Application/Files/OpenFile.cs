using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Opens a file of the session's workspace, to be sent bit by bit; whoever asks closes it.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Which file, relative to the workspace.</param>
public sealed record OpenFile(UserId UserId, SessionId SessionId, string Path) : ISessionRequest<Result<OpenedFile>>, IAudited<Result<OpenedFile>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("file.downloaded") { Target = Path };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<OpenedFile> response) => Act.With("size", AuditText.Number(response.Value.Size));
}

internal sealed class OpenFileHandler(IWorkspaceFiles files) : IRequestHandler<OpenFile, Result<OpenedFile>>
{
    public async Task<Result<OpenedFile>> Handle(OpenFile request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        return path.IsSuccess ? await files.OpenAsync(request.SessionId, path.Value, cancellationToken) : path.Error;
    }
}
