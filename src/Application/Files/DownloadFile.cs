using Claudy.Application.Audit;
using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Reads a file of the session's workspace, or a range of it.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Which file, relative to the workspace.</param>
/// <param name="Offset">From which byte.</param>
/// <param name="Length">At most so many bytes; null for the rest.</param>
public sealed record DownloadFile(UserId UserId, SessionId SessionId, string Path, long Offset, long? Length) : ISessionRequest<Result<FileRange>>, IAudited<Result<FileRange>>
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("file.downloaded") { Target = Path }.With("offset", AuditText.Number(Offset));

    /// <inheritdoc/>
    public AuditAct ActOf(Result<FileRange> response) =>
        Act.With("size", AuditText.Number(response.Value.Content.Length)).With("sha256", response.Value.Sha256);
}

internal sealed class DownloadFileValidator : AbstractValidator<DownloadFile>
{
    public DownloadFileValidator()
    {
        RuleFor(r => r.Offset).GreaterThanOrEqualTo(0);
        RuleFor(r => r.Length).GreaterThanOrEqualTo(0);
    }
}

internal sealed class DownloadFileHandler(IWorkspaceFiles files) : IRequestHandler<DownloadFile, Result<FileRange>>
{
    public async Task<Result<FileRange>> Handle(DownloadFile request, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(request.Path);
        return path.IsSuccess
            ? await files.ReadAsync(request.SessionId, path.Value, request.Offset, request.Length, cancellationToken)
            : path.Error;
    }
}
