using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Adds a piece to an upload.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="UploadId">Which upload.</param>
/// <param name="Offset">Where the piece begins: where the last one ended.</param>
/// <param name="Content">The bytes.</param>
public sealed record AppendUpload(UserId UserId, SessionId SessionId, string? UploadId, long? Offset, ReadOnlyMemory<byte> Content) : ISessionRequest<Result<UploadState>>;

internal sealed class AppendUploadValidator : AbstractValidator<AppendUpload>
{
    public AppendUploadValidator()
    {
        RuleFor(r => r.UploadId).Must(UploadIds.IsValid).WithMessage(UploadIds.Rule);
        RuleFor(r => r.Offset).NotNull().GreaterThanOrEqualTo(0);
    }
}

internal sealed class AppendUploadHandler(IWorkspaceUploads uploads) : IRequestHandler<AppendUpload, Result<UploadState>>
{
    public async Task<Result<UploadState>> Handle(AppendUpload request, CancellationToken cancellationToken) =>
        await uploads.AppendAsync(request.SessionId, Domain.Workspaces.UploadId.Parse(request.UploadId)!, request.Offset!.Value, request.Content, cancellationToken);
}
