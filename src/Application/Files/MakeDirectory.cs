using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Makes a folder in the session's workspace, and those on the way; one that is there is fine.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Where, relative to the workspace.</param>
public sealed record MakeDirectory(UserId UserId, SessionId SessionId, string Path) : ISessionRequest<Result<bool>>, IAudited<Result<bool>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("folder.created") { Target = Path };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<bool> response) => Act.With("created", AuditText.Flag(response.Value));
}

internal sealed class MakeDirectoryHandler(IWorkspaceFiles files) : IRequestHandler<MakeDirectory, Result<bool>>
{
    public async Task<Result<bool>> Handle(MakeDirectory request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        return path.IsSuccess ? await files.MakeDirectoryAsync(request.SessionId, path.Value, cancellationToken) : path.Error;
    }
}
