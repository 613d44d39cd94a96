using Claudy.Application.Audit;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Adds, changes or revokes a permission rule of a session.</summary>
/// <param name="UserId">Who asks.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="Removed">The rule that is revoked or changed; null to add one.</param>
/// <param name="Added">The rule that is added, or takes the other's place; null to revoke one.</param>
/// <param name="Effect">What the added rule does.</param>
public sealed record EditSessionRule(UserId UserId, SessionId SessionId, string? Removed, string? Added, PermissionEffect Effect)
    : ISessionRequest<Result<SessionReply.Rules>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("permission.rule_changed") { IsCritical = true }
        .With("scope", "session")
        .With("removed", Removed is null ? null : AuditText.Rule(Removed))
        .With("added", Added is null ? null : AuditText.Rule(Added))
        .With("effect", Added is null ? null : Effect.ToString());
}

internal sealed class EditSessionRuleValidator : AbstractValidator<EditSessionRule>
{
    public EditSessionRuleValidator()
    {
        RuleFor(r => r.Effect).IsInEnum();
        RuleFor(r => r.Added).PermissionRule().When(r => r.Added is not null).OverridePropertyName("Rule");
        RuleFor(r => r.Removed).NotEmpty().When(r => r.Added is null).OverridePropertyName("Rule");
    }
}

internal sealed class EditSessionRuleHandler(ISessionInbox inbox) : IRequestHandler<EditSessionRule, Result<SessionReply.Rules>>
{
    public async Task<Result<SessionReply.Rules>> Handle(EditSessionRule request, CancellationToken cancellationToken)
    {
        var added = request.Added is { } rule ? PermissionRule.Canonical(rule) : null;
        var reply = await inbox.SendAsync(request.SessionId, new SessionCommand.EditRule(request.Removed, added, request.Effect), cancellationToken);
        return reply.IsSuccess ? (SessionReply.Rules)reply.Value : reply.Error;
    }
}
