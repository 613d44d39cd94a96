using System.Text.Json;
using Claudy.Domain.Shared;

namespace Claudy.Domain.Sessions;

/// <content>What is asked of people, and the rules that spare asking.</content>
public sealed partial class Session
{
    /// <summary>The answer that a user gave to this call before its process was lost; null when there is none.</summary>
    public CarriedAnswer? CarriedAnswerTo(string toolName, JsonElement input) =>
        State.CarriedAnswers?.FirstOrDefault(a => a.Answers(toolName, input));

    /// <summary>A tool call waits for a human.</summary>
    public void RequestPermission(PermissionRequest request, DateTimeOffset now)
    {
        EnsureTurn(now);
        Record(new PermissionRequested(request), now);
        ChangeStatus(SessionStatus.AwaitingPermission, null, now);
    }

    /// <summary>Answers or withdraws a permission request; the first answer wins.</summary>
    /// <returns>The request that was pending, or <c>SESSION_006</c>.</returns>
    public Result<PermissionRequest> ResolvePermission(
        string requestId,
        PermissionDecision decision,
        string reason,
        string? message,
        IReadOnlyList<string> rememberedRules,
        DateTimeOffset now,
        JsonElement? updatedInput = null,
        bool forUser = false)
    {
        var request = State.PendingPermissions.FirstOrDefault(p => p.Id == requestId);
        if (request is null)
        {
            return SessionErrors.PermissionNotPending(requestId);
        }

        Record(new PermissionResolved(requestId, decision, reason, message, rememberedRules, updatedInput) { RememberedForUser = forUser }, now);
        if (State is { Status: SessionStatus.AwaitingPermission, PendingPermissions.Count: 0 })
        {
            ChangeStatus(SessionStatus.Running, null, now);
        }

        return request;
    }

    /// <summary>A tool call was decided without asking anybody.</summary>
    public void DecidePermission(PermissionResolved decided, DateTimeOffset now)
    {
        EnsureTurn(now);
        Record(decided, now);
    }

    /// <summary>Changes the rules that hold for the session; nothing when they are the same.</summary>
    public Result ChangeRules(Permissions.PermissionRules rules, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (!rules.Allowed.SequenceEqual(State.Rules.Allowed, StringComparer.Ordinal) || !rules.Denied.SequenceEqual(State.Rules.Denied, StringComparer.Ordinal))
        {
            Record(new PermissionRulesChanged(rules.Allowed, rules.Denied), now);
        }

        return Result.Success();
    }

    /// <summary>Pending requests whose time is over.</summary>
    public IReadOnlyList<PermissionRequest> ExpiredPermissions(DateTimeOffset now) =>
        [.. State.PendingPermissions.Where(p => p.ExpiresAt <= now)];
}
