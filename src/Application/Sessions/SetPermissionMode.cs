using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Changes what Claude may do without asking.</summary>
public sealed record SetPermissionMode(UserId UserId, SessionId SessionId, PermissionMode Mode) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("permission.mode_set") { IsCritical = true }.With("mode", Mode.ToString());
}

internal sealed class SetPermissionModeValidator : AbstractValidator<SetPermissionMode>
{
    public SetPermissionModeValidator() => RuleFor(r => r.Mode).IsInEnum();
}

internal sealed class SetPermissionModeHandler(ISessionInbox inbox) : IRequestHandler<SetPermissionMode, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(SetPermissionMode request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.SetPermissionMode(request.Mode), cancellationToken);
}
