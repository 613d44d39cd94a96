using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>Turns what the agent tells into the session's events and the feed's items.</summary>
internal sealed class AgentEventRecorder(Session session, SessionOutbox outbox, SessionOptions options, TimeProvider time)
{
    /// <summary>Whether the next message may begin when a turn ends: not in a process that is being ended.</summary>
    public required Func<bool> MayStartTurns { get; init; }

    /// <summary>The texts that are being written.</summary>
    public InFlightTexts InFlight { get; } = new();

    /// <summary>Tells those who watch something that is not kept.</summary>
    public void Notice(string reason, string message) => outbox.Add(new FeedItem.Notice(reason, message));

    public void Record(AgentEvent agentEvent)
    {
        var now = time.GetUtcNow();
        switch (agentEvent)
        {
            case AgentEvent.TextDelta e:
                outbox.Add(new FeedItem.Delta(e.MessageId, InFlight.Append(e.MessageId, e.Utf8.Span, isThinking: false), e.Utf8, IsThinking: false));
                break;
            case AgentEvent.ThinkingDelta e:
                outbox.Add(new FeedItem.Delta(e.MessageId, InFlight.Append(e.MessageId, e.Utf8.Span, isThinking: true), e.Utf8, IsThinking: true));
                break;
            case AgentEvent.PartialDiscarded e:
                Discard(e.MessageId);
                break;
            case AgentEvent.TextCompleted e:
                InFlight.Remove(e.MessageId);
                session.Record(new AssistantText(e.MessageId, e.Text, IsPartial: false, e.ParentToolUseId), now);
                break;
            case AgentEvent.ThinkingCompleted e:
                InFlight.Remove(e.MessageId);
                session.Record(new AssistantThinking(e.MessageId, e.Text, IsPartial: false, e.ParentToolUseId), now);
                break;
            case AgentEvent.ToolUse e:
                session.Record(new ToolUsed(e.ToolUseId, e.Name, e.Input, e.ParentToolUseId), now);
                break;
            case AgentEvent.ToolResult e:
                session.Record(new ToolReturned(e.ToolUseId, e.Content, e.IsError, e.ParentToolUseId), now);
                break;
            case AgentEvent.ToolProgress e:
                outbox.Add(new FeedItem.Progress(e));
                break;
            case AgentEvent.PermissionRequest e:
                session.RequestPermission(
                    new PermissionRequest(e.RequestId, e.ToolName, e.Input, e.Description, e.ToolUseId, e.BlockedPath, e.SuggestedRules, e.SuggestedMode is PermissionMode.BypassPermissions ? null : e.SuggestedMode, now + options.PermissionTimeout), now);
                break;
            case AgentEvent.PermissionWithdrawn e:
                // One that was answered meanwhile is no longer pending, which is fine.
                session.ResolvePermission(e.RequestId, PermissionDecision.Deny, PermissionReason.Withdrawn, null, [], now);
                break;
            case AgentEvent.TurnStarted e:
                session.EnsureTurn(now);
                if (session.State.AgentSessionId != e.AgentSessionId)
                {
                    session.Record(new AgentSessionChanged(e.AgentSessionId), now);
                }

                break;
            case AgentEvent.TurnEnded e:
                EndTurn(e, now);
                break;
            case AgentEvent.ApiRetry e:
                outbox.Add(new FeedItem.Notice("api_retry", RetryMessage(e)));
                break;
            case AgentEvent.PermissionModeChanged { Mode: PermissionMode.BypassPermissions }:
                // What the agent prints can be forged by a tool beside it: only the user ever turns asking off.
                break;
            case AgentEvent.PermissionModeChanged e:
                session.ChangeSettings(session.State.Settings with { PermissionMode = e.Mode }, now);
                break;
            case AgentEvent.Unknown e:
                session.Record(new AgentNotice(e.Type, e.Raw), now);
                break;
        }
    }

    /// <summary>Keeps what was written of texts that nobody will complete.</summary>
    public void KeepPartialTexts()
    {
        var now = time.GetUtcNow();
        foreach (var text in InFlight.TakeAll())
        {
            session.Record(
                text.IsThinking
                    ? new AssistantThinking(text.MessageId, text.Text, IsPartial: true, null)
                    : new AssistantText(text.MessageId, text.Text, IsPartial: true, null),
                now);
        }
    }

    private void Discard(string messageId)
    {
        var isThinking = InFlight.Snapshot().FirstOrDefault(t => t.MessageId == messageId)?.IsThinking ?? false;
        InFlight.Remove(messageId);
        outbox.Add(new FeedItem.DeltaDiscarded(messageId, isThinking));
    }

    private void EndTurn(AgentEvent.TurnEnded ended, DateTimeOffset now)
    {
        KeepPartialTexts();
        if (session.State.BudgetPause is not null && ended.Outcome is TurnOutcome.ApiError or TurnOutcome.Failed)
        {
            // The refusal that it ended with is the budget's.
            session.HoldTurn(ended.Usage, ended.CostUsd, now);
            return;
        }

        if (ended.Outcome is TurnOutcome.ApiError or TurnOutcome.Failed)
        {
            session.Record(SessionErrorRaised.From(ErrorOf(ended)), now);
        }

        var stopReason = ended.Outcome switch
        {
            TurnOutcome.Completed => ended.StopReason ?? "end_turn",
            TurnOutcome.Interrupted => "interrupted",
            _ => "error",
        };
        session.CompleteTurn(stopReason, ended.Usage, ended.CostUsd, MayStartTurns(), now);
    }

    private static Error ErrorOf(AgentEvent.TurnEnded ended) => ended switch
    {
        { ApiStatus: 401 } => AgentErrors.CredentialRefused(ended.ErrorMessage),
        { ApiStatus: 403 } => AgentErrors.CredentialForbidden(ended.ErrorMessage),
        { ApiStatus: 400 or 402 } when ended.ApiStatus == 402 || AgentErrors.IsAboutCredit(ended.ErrorMessage) => AgentErrors.NoCredit(ended.ErrorMessage),
        { Outcome: TurnOutcome.ApiError } => AgentErrors.ApiFailed(ended.ErrorMessage, retryable: ended.ApiStatus is null or 429 or >= 500),
        _ => AgentErrors.TurnFailed(ended.ErrorMessage),
    };

    private static string RetryMessage(AgentEvent.ApiRetry retry) =>
        $"The API {(retry.ApiStatus is { } status ? $"answered {status}" : "did not answer")}; try {retry.Attempt} of {retry.MaxAttempts} in {retry.Delay.TotalSeconds:0.#} s.";
}
