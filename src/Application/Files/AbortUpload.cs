using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Forgets an upload in pieces.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="UploadId">Which upload.</param>
public sealed record AbortUpload(UserId UserId, SessionId SessionId, string? UploadId) : ISessionRequest<Result>;

internal sealed class AbortUploadValidator : AbstractValidator<AbortUpload>
{
    public AbortUploadValidator() => RuleFor(r => r.UploadId).Must(UploadIds.IsValid).WithMessage(UploadIds.Rule);
}

internal sealed class AbortUploadHandler(IWorkspaceUploads uploads) : IRequestHandler<AbortUpload, Result>
{
    public async Task<Result> Handle(AbortUpload request, CancellationToken cancellationToken) =>
        await uploads.AbortAsync(request.SessionId, Domain.Workspaces.UploadId.Parse(request.UploadId)!, cancellationToken);
}
