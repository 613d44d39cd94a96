using System.Globalization;
using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Changes how much a session may spend, within what its user may; a session that was paused goes on when that allows it.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="Budget">Its limits from now on; null for the server's default.</param>
public sealed record SetBudget(UserId UserId, SessionId SessionId, Budget? Budget) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("budget.set").With("soft_usd", Budget?.SoftUsd?.ToString(CultureInfo.InvariantCulture)).With("hard_usd", Budget?.HardUsd?.ToString(CultureInfo.InvariantCulture));
}

internal sealed class SetBudgetValidator : AbstractValidator<SetBudget>
{
    public SetBudgetValidator() => RuleFor(r => r.Budget).Budget();
}

internal sealed class SetBudgetHandler(ISessionInbox inbox, SpendingRules spending) : IRequestHandler<SetBudget, Result<SessionReply.Done>>
{
    public async Task<Result<SessionReply.Done>> Handle(SetBudget request, CancellationToken cancellationToken)
    {
        var allowed = spending.Judge(model: null, request.Budget);
        return allowed.IsSuccess
            ? await inbox.ControlAsync(request, new SessionCommand.SetBudget(request.Budget), cancellationToken)
            : allowed.Error;
    }
}
