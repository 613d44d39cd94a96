using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>
/// Decides about tool calls by the rules of the session and its owner, and lets people be asked about the rest. Runs on the
/// session's loop, but for reading and writing the owner's rules.
/// </summary>
internal sealed partial class PermissionGate(
    Session session,
    AgentEventRecorder recorder,
    AgentSlot slot,
    ISessionLoop loop,
    IPermissionRuleStore store,
    TimeProvider time,
    ILogger logger)
{
    private readonly HashSet<string> _deciding = new(StringComparer.Ordinal);
    private bool _isStale;

    private PermissionRules Given => new(session.State.Settings.AllowedTools, session.State.Settings.DisallowedTools);

    /// <summary>Takes an event that is about deciding; another one is the caller's.</summary>
    public bool Handles(AgentEvent agentEvent)
    {
        switch (agentEvent)
        {
            case AgentEvent.PermissionRequest request:
                _deciding.Add(request.RequestId);
                _ = DecideAsync(request);
                return true;
            case AgentEvent.PermissionWithdrawn withdrawn:
                return _deciding.Remove(withdrawn.RequestId);
            case AgentEvent.TurnEnded or AgentEvent.Exited:
                _deciding.Clear();
                return false;
            default:
                return false;
        }
    }

    /// <summary>The session's rules.</summary>
    public SessionReply.Rules Read() => new(session.State.Rules, Given);

    /// <summary>Changes the session's rules.</summary>
    public Result Edit(SessionCommand.EditRule edit)
    {
        var rules = session.State.Rules;
        if (edit.Removed is { } removed)
        {
            if (!rules.Contains(removed))
            {
                return SessionErrors.RuleNotFound(removed);
            }

            rules = rules.Without(removed);
        }

        if (edit.Added is { } added)
        {
            rules = rules.With(added, edit.Effect);
        }

        if (rules.Count > PermissionRules.Limit && rules.Count > session.State.Rules.Count)
        {
            return TooManyRules();
        }

        var changed = session.ChangeRules(rules, time.GetUtcNow());
        if (changed.IsSuccess)
        {
            Refresh();
        }

        return changed;
    }

    /// <summary>Adds rules to the owner's; <paramref name="done"/> runs on the loop when they are stored, or could not be.</summary>
    public void RememberForOwner(IReadOnlyList<string> rules, Action<Result> done) => _ = RememberAsync(rules, done);

    /// <summary>Tells the agent which rules deny from now on: it does not ask about every call.</summary>
    public void Refresh()
    {
        _isStale = slot.Agent is null;
        if (!_isStale)
        {
            _ = RefreshAsync();
        }
    }

    /// <summary>An agent answers that was started a while ago.</summary>
    public void AgentStarted()
    {
        if (_isStale)
        {
            Refresh();
        }
    }

    /// <summary>The failure of a rule too many.</summary>
    internal static Error TooManyRules() =>
        RequestErrors.InvalidField("rule", $"There are {PermissionRules.Limit} rules already, which is the limit. Remove one first.");

    private async Task DecideAsync(AgentEvent.PermissionRequest request)
    {
        var owners = await ReadOwnersAsync();
        await loop.PostAsync(() => Decide(request, owners));
    }

    private async Task<PermissionRules?> ReadOwnersAsync()
    {
        try
        {
            return await store.FindAsync(session.Owner, CancellationToken.None);
        }
        catch (StoreUnavailableException exception)
        {
            LogRulesUnreadable(exception, session.Id);
            return null;
        }
    }

    private void Decide(AgentEvent.PermissionRequest request, PermissionRules? owners)
    {
        if (!_deciding.Remove(request.RequestId) || !session.IsLive)
        {
            return;
        }

        var call = new ToolCall(request.ToolName, request.Input, slot.Agent?.WorkspacePath ?? "/workspace")
        {
            IsSensitive = request.IsSensitive,
            LeavesWorkspace = request.LeavesWorkspace,
        };

        // A rule that nobody could read may be one that denies.
        var verdict = owners is null ? PermissionVerdict.Ask : RulesWith(owners).Decide(call);
        switch (verdict.Effect)
        {
            case PermissionEffect.Allow:
                Answer(request, PermissionDecision.Allow, PermissionReason.Rule, null, verdict.Rules);
                break;
            case PermissionEffect.Deny:
                Answer(request, PermissionDecision.Deny, PermissionReason.Rule, $"The user's rule {string.Join(", ", verdict.Rules)} denies this.", verdict.Rules);
                break;
            case null when session.State.Settings.PermissionMode == PermissionMode.DontAsk:
                Answer(request, PermissionDecision.Deny, PermissionReason.Mode, "Nobody is asked in this session (permission mode dontAsk), and no rule allows this.", null);
                break;
            default:
                var rules = RuleSuggestions.For(call, request.SuggestedRules);
                recorder.Record(request with { SuggestedRules = rules, SuggestedMode = rules.Count == 0 ? request.SuggestedMode : null });
                break;
        }
    }

    private PermissionRuleSet RulesWith(PermissionRules owners)
    {
        var own = session.State.Rules;
        return PermissionRuleSet.Of([.. Given.Allowed, .. own.Allowed, .. owners.Allowed], [.. Given.Denied, .. own.Denied, .. owners.Denied]);
    }

    private void Answer(AgentEvent.PermissionRequest request, PermissionDecision decision, string reason, string? message, IReadOnlyList<string>? rules)
    {
        session.DecidePermission(
            new PermissionResolved(request.RequestId, decision, reason, message, []) { ToolUseId = request.ToolUseId, Rules = rules }, time.GetUtcNow());
        var answer = new PermissionAnswer(decision, request.Input, null, message);
        loop.AfterCommit(() => slot.Tell((agent, token) => agent.AnswerPermissionAsync(request.RequestId, answer, token)));
        LogDecided(session.Id, request.ToolName, decision, reason);
    }

    private async Task RememberAsync(IReadOnlyList<string> rules, Action<Result> done)
    {
        Result outcome;
        try
        {
            outcome = await store.AddAsync(session.Owner, rules, PermissionEffect.Allow, CancellationToken.None) ? Result.Success() : TooManyRules();
        }
        catch (StoreUnavailableException exception)
        {
            LogRulesUnreadable(exception, session.Id);
            outcome = RequestErrors.StoreUnavailable();
        }

        await loop.PostAsync(() => done(outcome));
    }

    private async Task RefreshAsync()
    {
        if (await ReadOwnersAsync() is { } owners)
        {
            await loop.PostAsync(() =>
            {
                IReadOnlyList<string> denied = [.. session.State.Rules.Denied.Union(owners.Denied, StringComparer.Ordinal)];
                slot.Control(agent => agent.SetDeniedRulesAsync(denied, CancellationToken.None), NoteRefused);
            });
        }
    }

    private Task NoteRefused(Result told)
    {
        if (told.Error is { } error)
        {
            LogRulesNotTold(session.Id, error.Message);
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(260, LogLevel.Information, "Session {SessionId}: a call of {Tool} was decided without asking: {Decision} by {Reason}")]
    private partial void LogDecided(SessionId sessionId, string tool, PermissionDecision decision, string reason);

    [LoggerMessage(261, LogLevel.Warning, "Session {SessionId}: the owner's permission rules cannot be read or written; what they would decide is asked")]
    private partial void LogRulesUnreadable(Exception exception, SessionId sessionId);

    [LoggerMessage(262, LogLevel.Warning, "Session {SessionId}: the agent did not take the rules that deny: {Why} They hold for what it asks about, and from its next start on for all")]
    private partial void LogRulesNotTold(SessionId sessionId, string why);
}
