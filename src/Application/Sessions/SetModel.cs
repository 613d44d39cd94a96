using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Changes the model from the next request on; null for Claude Code's default.</summary>
public sealed record SetModel(UserId UserId, SessionId SessionId, string? Model) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("session.model_set").With("model", Model);
}

internal sealed class SetModelValidator : AbstractValidator<SetModel>
{
    public SetModelValidator() => RuleFor(r => r.Model).ModelName();
}

internal sealed class SetModelHandler(ISessionInbox inbox, SpendingRules spending) : IRequestHandler<SetModel, Result<SessionReply.Done>>
{
    public async Task<Result<SessionReply.Done>> Handle(SetModel request, CancellationToken cancellationToken)
    {
        var allowed = spending.Judge(request.Model, budget: null);
        return allowed.IsSuccess
            ? await inbox.ControlAsync(request, new SessionCommand.SetModel(request.Model), cancellationToken)
            : allowed.Error;
    }
}
