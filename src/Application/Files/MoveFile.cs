using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Gives a file, folder or link of the session's workspace another name; folders on the way there are made.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="From">Its name, relative to the workspace.</param>
/// <param name="To">Its new name.</param>
/// <param name="Overwrite">Whether a file, or an empty folder, that has the new name is replaced.</param>
public sealed record MoveFile(UserId UserId, SessionId SessionId, string From, string To, bool Overwrite) : ISessionRequest<Result<MovedFile>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("file.moved") { Target = From }.With("to", To);
}

internal sealed class MoveFileHandler(IWorkspaceFiles files, ConfigurationLook configuration) : IRequestHandler<MoveFile, Result<MovedFile>>
{
    public async Task<Result<MovedFile>> Handle(MoveFile request, CancellationToken cancellationToken)
    {
        var from = WorkspacePath.Parse(request.From);
        var to = WorkspacePath.Parse(request.To);
        if (!from.IsSuccess || !to.IsSuccess)
        {
            return from.Error ?? to.Error!;
        }

        var moved = await files.MoveAsync(request.SessionId, from.Value, to.Value, request.Overwrite, cancellationToken);
        if (moved is { IsSuccess: true, Value.IsDirectory: true })
        {
            await configuration.AfterChangesAsync(request.SessionId, cancellationToken);
        }
        else if (moved.IsSuccess)
        {
            await configuration.AfterChangeOfAsync(request.SessionId, from.Value, cancellationToken);
            await configuration.AfterChangeOfAsync(request.SessionId, to.Value, cancellationToken);
        }

        return moved;
    }
}
