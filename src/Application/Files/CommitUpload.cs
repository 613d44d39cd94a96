using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Puts what was uploaded in pieces under its name; folders on the way are made.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="UploadId">Which upload.</param>
/// <param name="Sha256">What its SHA-256 must be; null for whatever it is.</param>
public sealed record CommitUpload(UserId UserId, SessionId SessionId, string? UploadId, string? Sha256)
    : ISessionRequest<Result<WrittenFile>>, IAudited<Result<WrittenFile>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("file.uploaded").With("upload_id", UploadId);

    /// <inheritdoc/>
    public AuditAct ActOf(Result<WrittenFile> response) => (Act with { Target = response.Value.Path.Value })
        .With("size", AuditText.Number(response.Value.Size))
        .With("sha256", response.Value.Sha256)
        .With("created", AuditText.Flag(response.Value.Created));
}

internal sealed class CommitUploadValidator : AbstractValidator<CommitUpload>
{
    public CommitUploadValidator()
    {
        RuleFor(r => r.UploadId).Must(UploadIds.IsValid).WithMessage(UploadIds.Rule);
        RuleFor(r => r.Sha256).Must(Sha256Text.IsValid).WithMessage(Sha256Text.Rule);
    }
}

internal sealed class CommitUploadHandler(IWorkspaceUploads uploads, ConfigurationLook configuration) : IRequestHandler<CommitUpload, Result<WrittenFile>>
{
    public async Task<Result<WrittenFile>> Handle(CommitUpload request, CancellationToken cancellationToken)
    {
        var written = await uploads.CommitAsync(request.SessionId, Domain.Workspaces.UploadId.Parse(request.UploadId)!, request.Sha256, cancellationToken);
        if (written.IsSuccess)
        {
            await configuration.AfterChangeOfAsync(request.SessionId, written.Value.Path, cancellationToken);
        }

        return written;
    }
}
