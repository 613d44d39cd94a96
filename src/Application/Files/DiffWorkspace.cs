using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Files;

/// <summary>Tells how the files of the session's workspace changed, by whatever changed them.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Whose workspace.</param>
/// <param name="SinceSeq">From what was kept at or before this event; null for the beginning of the newest turn.</param>
/// <param name="UntilSeq">To what was kept at or before this event; null for now.</param>
public sealed record DiffWorkspace(UserId UserId, SessionId SessionId, long? SinceSeq, long? UntilSeq) : ISessionRequest<Result<WorkspaceDiff>>;

internal sealed class DiffWorkspaceValidator : AbstractValidator<DiffWorkspace>
{
    public DiffWorkspaceValidator()
    {
        RuleFor(r => r.SinceSeq).GreaterThanOrEqualTo(1);
        RuleFor(r => r.UntilSeq).GreaterThanOrEqualTo(r => r.SinceSeq ?? 1).When(r => r.UntilSeq is not null);
    }
}

internal sealed class DiffWorkspaceHandler(IWorkspaceCheckpoints checkpoints) : IRequestHandler<DiffWorkspace, Result<WorkspaceDiff>>
{
    public Task<Result<WorkspaceDiff>> Handle(DiffWorkspace request, CancellationToken cancellationToken) =>
        checkpoints.DiffAsync(request.SessionId, request.SinceSeq, request.UntilSeq, cancellationToken);
}
