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

/// <summary>Adds, changes or revokes a permission rule that holds for all sessions of a user, running ones too.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Removed">The rule that is revoked or changed; null to add one.</param>
/// <param name="Added">The rule that is added, or takes the other's place; null to revoke one.</param>
/// <param name="Effect">What the added rule does.</param>
public sealed record EditUserRule(UserId UserId, string? Removed, string? Added, PermissionEffect Effect) : IUserRequest<Result<PermissionRules>>, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("permission.rule_changed") { IsCritical = true }
        .With("scope", "user")
        .With("removed", Removed is null ? null : AuditText.Rule(Removed))
        .With("added", Added is null ? null : AuditText.Rule(Added))
        .With("effect", Added is null ? null : Effect.ToString());
}

internal sealed class EditUserRuleValidator : AbstractValidator<EditUserRule>
{
    public EditUserRuleValidator()
    {
        RuleFor(r => r.Effect).IsInEnum();
        RuleFor(r => r.Added).PermissionRule().When(r => r.Added is not null).OverridePropertyName("Rule");
        RuleFor(r => r.Removed).NotEmpty().When(r => r.Added is null).OverridePropertyName("Rule");
    }
}

internal sealed class EditUserRuleHandler(IPermissionRuleStore rules, ISessionStore sessions, ISessionInbox inbox)
    : IRequestHandler<EditUserRule, Result<PermissionRules>>
{
    private const int Page = 200;

    public async Task<Result<PermissionRules>> Handle(EditUserRule request, CancellationToken cancellationToken)
    {
        var added = request.Added is { } rule ? PermissionRule.Canonical(rule) : null;

        // From here on it is made whole, whether the client stays or not.
        if (request.Removed is { } removed)
        {
            if (!await rules.ReplaceAsync(request.UserId, removed, added, request.Effect, CancellationToken.None))
            {
                return SessionErrors.RuleNotFound(removed);
            }
        }
        else if (!await rules.AddAsync(request.UserId, [added!], request.Effect, CancellationToken.None))
        {
            return PermissionGate.TooManyRules();
        }

        await RefreshAsync(request.UserId);
        return await rules.FindAsync(request.UserId, cancellationToken);
    }

    // Sessions read the rules when they are asked; only agents that run must be told what they may not even begin.
    private async Task RefreshAsync(UserId owner)
    {
        string? cursor = null;
        do
        {
            var page = await sessions.ListAsync(new SessionFilter(owner, null, null, Page, cursor), CancellationToken.None);
            foreach (var session in page.Sessions.Where(s => s.IsUnsettled))
            {
                await inbox.SendAsync(session.Id, new SessionCommand.RefreshRules(), CancellationToken.None);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}
