using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Opens a folder of the session's workspace, to be sent as a zip archive; whoever asks closes it.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Which folder, relative to the workspace; empty for the workspace itself.</param>
public sealed record OpenFolder(UserId UserId, SessionId SessionId, string Path) : ISessionRequest<Result<IFolderArchive>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new("folder.downloaded") { Target = Path };
}

internal sealed class OpenFolderHandler(IWorkspaceArchives archives) : IRequestHandler<OpenFolder, Result<IFolderArchive>>
{
    public async Task<Result<IFolderArchive>> Handle(OpenFolder request, CancellationToken cancellationToken)
    {
        var path = request.Path.Length == 0 ? null : WorkspacePath.Parse(request.Path);
        return path?.Error is { } invalid ? invalid : await archives.OpenAsync(request.SessionId, path?.Value, cancellationToken);
    }
}
