using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Begins an upload in pieces, or finds how far it is: a client that lost its connection goes on from there.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="UploadId">The client's own name for it; null for one of the server's.</param>
/// <param name="Path">Where, relative to the workspace.</param>
/// <param name="Size">Bytes, in all.</param>
/// <param name="Overwrite">Whether a file that is there is replaced.</param>
public sealed record BeginUpload(UserId UserId, SessionId SessionId, string? UploadId, string Path, long? Size, bool Overwrite) : ISessionRequest<Result<UploadState>>;

internal sealed class BeginUploadValidator : AbstractValidator<BeginUpload>
{
    public BeginUploadValidator()
    {
        RuleFor(r => r.UploadId).Must(id => id is null || UploadIds.IsValid(id)).WithMessage(UploadIds.Rule);
        RuleFor(r => r.Size).NotNull().GreaterThanOrEqualTo(0);
    }
}

internal sealed class BeginUploadHandler(IWorkspaceUploads uploads) : IRequestHandler<BeginUpload, Result<UploadState>>
{
    public async Task<Result<UploadState>> Handle(BeginUpload request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        if (!path.IsSuccess)
        {
            return path.Error;
        }

        var id = Domain.Workspaces.UploadId.Parse(request.UploadId) ?? Domain.Workspaces.UploadId.New();
        return await uploads.BeginAsync(request.SessionId, new UploadPlan(id, path.Value, request.Size!.Value, request.Overwrite), cancellationToken);
    }
}
