using System.Text.Json;
using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Sessions;

/// <summary>Allows or denies a tool call that waits; of several answers the first one counts.</summary>
/// <param name="UserId">Who answers.</param>
/// <param name="SessionId">Which session.</param>
/// <param name="RequestId">Which request.</param>
/// <param name="Decision">Allow or deny.</param>
/// <param name="Remember">On allow: whether the suggested rules hold for the session from now on.</param>
/// <param name="UpdatedInput">On allow: changed arguments, a JSON object; null for those asked.</param>
/// <param name="Message">On deny: what Claude is told, up to 10,000 characters.</param>
public sealed record AnswerPermission(
    UserId UserId,
    SessionId SessionId,
    string RequestId,
    PermissionDecision Decision,
    bool Remember,
    JsonElement? UpdatedInput,
    string? Message) : IControlRequest, IAudited
{
    /// <inheritdoc/>
    public AuditAct Act => new AuditAct("permission.answered") { IsCritical = true }
        .With("request_id", RequestId)
        .With("decision", Decision.ToString())
        .With("remember", AuditText.Scope(Remember, ForUser))
        .With("rules", AuditText.Rules(Rules));

    /// <summary>Whether what is remembered holds for all sessions of the user, and not for this one only.</summary>
    public bool ForUser { get; init; }

    /// <summary>Rules to remember instead of the suggested ones, in Claude Code's form; null for those.</summary>
    public IReadOnlyList<string>? Rules { get; init; }
}

internal sealed class AnswerPermissionValidator : AbstractValidator<AnswerPermission>
{
    // Claude Code's envelope goes around it, and readers take 64 levels in all.
    private const int MaxInputDepth = 56;

    private const int MaxRules = 50;

    public AnswerPermissionValidator()
    {
        RuleFor(r => r.RequestId).NotEmpty().MaximumLength(100);
        RuleFor(r => r.Decision).IsInEnum();
        RuleFor(r => r.Message).MaximumLength(10_000);
        RuleFor(r => r.Rules).Must((request, rules) => rules is null || request is { Remember: true, Decision: PermissionDecision.Allow })
            .WithMessage("rules are remembered with an answer that allows; give remember, or use permission_rule_add.")
            .Must(rules => rules is null || rules.Count is > 0 and <= MaxRules).WithMessage($"rules must be 1 to {MaxRules}.");
        RuleForEach(r => r.Rules).PermissionRule().OverridePropertyName("Rules");
        RuleFor(r => r.UpdatedInput).Must(input => input is null or { ValueKind: JsonValueKind.Object }).WithMessage("updated_input must be a JSON object.")
            .Must(input => input is not { } element || CanBeWritten(element))
            .WithMessage($"updated_input must be Unicode text throughout and nested at most {MaxInputDepth} deep.");
    }

    // A reader takes what no writer puts out again, such as half of a surrogate pair; that must not come up only when the answer
    // is on its way to Claude Code.
    private static bool CanBeWritten(JsonElement input)
    {
        using var writer = new Utf8JsonWriter(Stream.Null, new JsonWriterOptions { MaxDepth = MaxInputDepth });
        try
        {
            input.WriteTo(writer);
            return true;
        }
        catch (Exception unwritable) when (unwritable is InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }
}

internal sealed class AnswerPermissionHandler(ISessionInbox inbox) : IRequestHandler<AnswerPermission, Result<SessionReply.Done>>
{
    public Task<Result<SessionReply.Done>> Handle(AnswerPermission request, CancellationToken cancellationToken) =>
        inbox.ControlAsync(
            request,
            new SessionCommand.AnswerPermission(request.RequestId, request.Decision, request.Remember, request.UpdatedInput, request.Message)
            {
                ForUser = request.ForUser,
                Rules = request.Rules?.Select(PermissionRule.Canonical).ToList(),
            },
            cancellationToken);
}
