using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Lists a folder of the session's workspace.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="Path">Which folder; null, empty, <c>.</c> or <c>/</c> for the workspace itself.</param>
/// <param name="Recursive">Whether folders within are listed too.</param>
/// <param name="Limit">At most so many, 1 to 1,000.</param>
/// <param name="Cursor">Where the last page ended; null for the first.</param>
/// <param name="Ignore">Whether what the workspace's <c>.gitignore</c> files name is left out, and <c>.git</c>.</param>
public sealed record ListFiles(UserId UserId, SessionId SessionId, string? Path, bool Recursive, int Limit, string? Cursor, bool Ignore)
    : ISessionRequest<Result<FilePage>>;

internal sealed class ListFilesValidator : AbstractValidator<ListFiles>
{
    public ListFilesValidator()
    {
        RuleFor(r => r.Limit).InclusiveBetween(1, 1000);
        RuleFor(r => r.Cursor).MaximumLength(4 * WorkspacePath.MaxBytes);
    }
}

internal sealed class ListFilesHandler(IWorkspaceFiles files) : IRequestHandler<ListFiles, Result<FilePage>>
{
    public async Task<Result<FilePage>> Handle(ListFiles request, CancellationToken cancellationToken)
    {
        if (request.Path is null or "" or "." or "/")
        {
            return await files.ListAsync(request.SessionId, null, request.Recursive, request.Limit, request.Cursor, request.Ignore, cancellationToken);
        }

        var path = WorkspacePath.Parse(request.Path);
        return path.IsSuccess
            ? await files.ListAsync(request.SessionId, path.Value, request.Recursive, request.Limit, request.Cursor, request.Ignore, cancellationToken)
            : path.Error;
    }
}
