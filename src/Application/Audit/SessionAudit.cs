using Claudy.Application.Audit.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;

namespace Claudy.Application.Audit;

/// <summary>Records what happens in a session without a request: decided tool calls, limits, refused hosts.</summary>
internal sealed class SessionAudit(Session session, IAuditLog log)
{
    private static readonly string LimitCode = SessionErrors.ResourceLimitExceeded(new ExceededLimit(LimitedResource.Memory, 0)).Code;

    private static readonly string BudgetCode = UsageErrors.BudgetSpent(new BudgetReached(BudgetScope.Session, 0, 0, null)).Code;

    private readonly Dictionary<string, string> _tools = session.State.PendingPermissions.ToDictionary(p => p.Id, p => p.ToolName, StringComparer.Ordinal);

    /// <summary>Looks at events that are stored.</summary>
    public void Note(IReadOnlyList<StoredEvent> events)
    {
        foreach (var stored in events)
        {
            switch (stored.Event)
            {
                case PermissionRequested(var request):
                    _tools[request.Id] = request.ToolName;
                    break;
                case PermissionResolved resolved:
                    log.Post(Of(AuditActions.PermissionDecided, AuditOutcome.Done, Decided(resolved)));
                    break;
                case BudgetPaused paused:
                    log.Post(Of(AuditActions.LimitExceeded, AuditOutcome.Refused, new AuditAct("").With("scope", paused.Reached.Scope.ToString())) with { Code = BudgetCode });
                    break;
                case SessionErrorRaised raised when raised.Code == LimitCode:
                    log.Post(Of(AuditActions.LimitExceeded, AuditOutcome.Refused, new AuditAct("").With("reason", raised.Reason)) with { Code = raised.Code });
                    break;
            }
        }
    }

    /// <summary>A host was refused.</summary>
    public void Note(EgressRefusal refusal) =>
        log.Post(Of(AuditActions.EgressRefused, AuditOutcome.Refused, new AuditAct("").With("reason", ReasonOf(refusal.Reason)))
            with
        { Target = $"{refusal.Host}:{AuditText.Number(refusal.Port)}" });

    private AuditAct Decided(PermissionResolved resolved)
    {
        _tools.Remove(resolved.RequestId, out var tool);
        return new AuditAct("")
            .With("request_id", resolved.RequestId)
            .With("tool", tool)
            .With("tool_use_id", resolved.ToolUseId)
            .With("decision", resolved.Decision == PermissionDecision.Allow ? "allow" : "deny")
            .With("reason", resolved.Reason)
            .With("rules", AuditText.Rules(resolved.Rules))
            .With("remembered", AuditText.Rules(resolved.RememberedRules))
            .With("remembered_for", AuditText.Scope(resolved.RememberedRules.Count > 0, resolved.RememberedForUser))
            .With("changed_input", resolved.UpdatedInput is null ? null : AuditText.Flag(true));
    }

    private AuditEntry Of(string action, AuditOutcome outcome, AuditAct details) => new(action, outcome)
    {
        UserId = session.Owner,
        Credential = AuditCredential.Server,
        Session = session.Id,
        Details = details.Details,
    };

    private static string ReasonOf(NetworkRefusal reason) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}
