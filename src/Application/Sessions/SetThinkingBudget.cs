using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Changes for how many tokens Claude may think, from the next request on.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="MaxThinkingTokens">0 for no thinking, 1,024 to 128,000, or null for the model's default.</param>
public sealed record SetThinkingBudget(UserId UserId, SessionId SessionId, int? MaxThinkingTokens) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("session.thinking_set").With("max_tokens", MaxThinkingTokens is { } tokens ? AuditText.Number(tokens) : null);
}

internal sealed class SetThinkingBudgetValidator : AbstractValidator<SetThinkingBudget>
{
    public SetThinkingBudgetValidator() => RuleFor(r => r.MaxThinkingTokens).ThinkingBudget();
}

internal sealed class SetThinkingBudgetHandler(ISessionInbox inbox) : IRequestHandler<SetThinkingBudget, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(SetThinkingBudget request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(request, new SessionCommand.SetThinkingBudget(request.MaxThinkingTokens), cancellationToken);
}
