using System.Text.Json;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using MediatR;

namespace Claudy.WebApi.WebSockets.Frames;

/// <summary>For whom what is remembered holds.</summary>
internal enum RememberScope
{
    Nothing,
    Session,
    User,
}

/// <summary>Frames that show and change permission rules. All are answered with the rules as they are then.</summary>
internal static class RuleFrames
{
    public static async Task<Result> ListAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken)
    {
        var session = await context.SessionAsync(mediator, cancellationToken);
        if (session.Error is { Code: not "SESSION_010" } error)
        {
            return error;
        }

        return await AnswerAsync(context, mediator, session.IsSuccess ? session.Value : null, cancellationToken);
    }

    public static Task<Result> AddAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        EditAsync(context, mediator, data => (null, data.Rule ?? ""), cancellationToken);

    public static Task<Result> UpdateAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        EditAsync(context, mediator, data => (data.Rule ?? "", data.NewRule ?? data.Rule ?? ""), cancellationToken);

    public static Task<Result> RemoveAsync(FrameContext context, IMediator mediator, CancellationToken cancellationToken) =>
        EditAsync(context, mediator, data => (data.Rule ?? "", null), cancellationToken);

    /// <summary>What <c>remember</c> says: a boolean, or for whom.</summary>
    public static Result<RememberScope> ParseRemember(JsonElement? remember) => remember switch
    {
        null or { ValueKind: JsonValueKind.False or JsonValueKind.Null } => RememberScope.Nothing,
        { ValueKind: JsonValueKind.True } => RememberScope.Session,
        { ValueKind: JsonValueKind.String } scope when scope.ValueEquals("session"u8) => RememberScope.Session,
        { ValueKind: JsonValueKind.String } scope when scope.ValueEquals("user"u8) => RememberScope.User,
        _ => RequestErrors.InvalidField("remember", "remember must be true, false, session or user."),
    };

    private static async Task<Result> EditAsync(
        FrameContext context, IMediator mediator, Func<PermissionRuleData, (string? Removed, string? Added)> edit, CancellationToken cancellationToken)
    {
        var data = context.Data(ProtocolJson.Default.PermissionRuleData);
        if (!data.IsSuccess)
        {
            return data.Error;
        }

        var effect = WireNames.ParseEffect(data.Value.Effect);
        if (!effect.IsSuccess)
        {
            return effect.Error;
        }

        var (removed, added) = edit(data.Value);
        switch (data.Value.Scope)
        {
            case "user":
                var edited = await mediator.Send(new EditUserRule(context.UserId, removed, added, effect.Value), cancellationToken);
                return edited.IsSuccess ? await ListAsync(context, mediator, cancellationToken) : edited.Error;
            case "session":
                var session = await context.SessionAsync(mediator, cancellationToken);
                if (!session.IsSuccess)
                {
                    return session.Error;
                }

                var changed = await mediator.Send(new EditSessionRule(context.UserId, session.Value, removed, added, effect.Value), cancellationToken);
                return changed.IsSuccess ? await AnswerAsync(context, mediator, session.Value, cancellationToken) : changed.Error;
            default:
                return RequestErrors.InvalidField("scope", "scope must be session or user.");
        }
    }

    private static async Task<Result> AnswerAsync(FrameContext context, IMediator mediator, SessionId? session, CancellationToken cancellationToken)
    {
        List<RuleData>? sessionRules = null;
        if (session is { } id)
        {
            var rules = await mediator.Send(new ListSessionRules(context.UserId, id), cancellationToken);
            if (!rules.IsSuccess)
            {
                return rules.Error;
            }

            sessionRules = [.. DataOf(rules.Value.Given, isFixed: true), .. DataOf(rules.Value.Own, isFixed: null)];
        }

        var user = await mediator.Send(new ListUserRules(context.UserId), cancellationToken);
        return user.IsSuccess
            ? await context.ReplyAsync(
                FrameTypes.Answer.PermissionRules,
                new PermissionRulesData(sessionRules, [.. DataOf(user.Value, isFixed: null)]),
                ProtocolJson.Default.PermissionRulesData,
                session,
                cancellationToken)
            : user.Error;
    }

    private static IEnumerable<RuleData> DataOf(PermissionRules rules, bool? isFixed) =>
        rules.Allowed.Select(rule => new RuleData(rule, "allow", isFixed)).Concat(rules.Denied.Select(rule => new RuleData(rule, "deny", isFixed)));
}
