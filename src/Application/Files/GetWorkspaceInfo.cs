using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>How much the session's workspace holds, and may hold.</summary>
public sealed record GetWorkspaceInfo(UserId UserId, SessionId SessionId) : ISessionRequest<Result<WorkspaceUsage>>;

internal sealed class GetWorkspaceInfoHandler(IWorkspaceFiles files) : IRequestHandler<GetWorkspaceInfo, Result<WorkspaceUsage>>
{
    public async Task<Result<WorkspaceUsage>> Handle(GetWorkspaceInfo request, CancellationToken cancellationToken) =>
        await files.MeasureAsync(request.SessionId, cancellationToken);
}
