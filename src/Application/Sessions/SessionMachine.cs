using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>What a session does about each input. Runs on the session's loop only; waits for nothing.</summary>
internal sealed class SessionMachine(
    Session session,
    SessionOutbox outbox,
    AgentSlot slot,
    ISessionLoop loop,
    SessionOptions options,
    TimeProvider time)
{
    private const int MaxCrashesInARow = 3;

    private readonly AgentEventRecorder _recorder = new(session, outbox, options, time);
    private readonly List<Action<Result<SessionReply>>> _waitingForExit = [];
    private string? _exitReason;
    private int _crashesInARow;
    private bool _isStopping;
    private bool _retriedWithoutResume;
    private SessionSettings _launched = session.State.Settings;

    /// <summary>Whether the runner can end: no process, nothing to do, nobody came for a while.</summary>
    public bool IsOver { get; private set; }

    private bool IsAtRest => !slot.IsOccupied && (_isStopping || session.State.Status is SessionStatus.Hibernated or SessionStatus.Terminated or SessionStatus.Failed);

    /// <summary>Settles what a server that died left open.</summary>
    public void Recover()
    {
        if (session.State.Status is SessionStatus.Terminated)
        {
            return;
        }

        if (session.State.Status is not (SessionStatus.Hibernated or SessionStatus.Failed))
        {
            session.AgentStopped("server_restarted", time.GetUtcNow());
        }

        if (session.State.Queue.Count > 0)
        {
            StartAgent();
        }
    }

    public void Handle(SessionCommand command, Action<Result<SessionReply>> answer)
    {
        var now = time.GetUtcNow();
        switch (command)
        {
            case SessionCommand.Attach:
                StartAgent();
                answer(new SessionReply.Attached(session.State, session.LastSeq, _recorder.InFlight.Snapshot()));
                break;
            case SessionCommand.Send(var message):
                answer(Send(message, now));
                break;
            case SessionCommand.CancelMessage(var messageId):
                answer(DoneIf(session.CancelMessage(messageId, now)));
                break;
            case SessionCommand.AnswerPermission permission:
                answer(AnswerPermission(permission, now));
                break;
            case SessionCommand.Interrupt:
                Interrupt(answer);
                break;
            case SessionCommand.Hibernate:
                StopAgent("user_request", answer);
                break;
            case SessionCommand.Terminate:
                _recorder.KeepPartialTexts();
                session.Terminate("user_request", now);
                StopAgent("user_request", _ => { });
                answer(Done());
                break;
            case SessionCommand.Rename(var name):
                answer(DoneIf(session.ChangeSettings(session.State.Settings with { Name = name }, now)));
                break;
            case SessionCommand.UseOwnKey:
                answer(DoneIf(session.ChangeSettings(session.State.Settings with { BringsOwnKey = true }, now)));
                break;
            case SessionCommand.SetModel(var model):
                Change(session.State.Settings with { Model = model }, agent => agent.SetModelAsync(model, CancellationToken.None), answer);
                break;
            case SessionCommand.SetPermissionMode(var mode):
                SetPermissionMode(mode, answer);
                break;
        }
    }

    public void Handle(AgentEvent agentEvent)
    {
        if (agentEvent is AgentEvent.Exited exited)
        {
            AgentExited(exited);
            return;
        }

        if (!session.IsLive)
        {
            // Its process has not heard yet that it is over.
            return;
        }

        _recorder.Record(agentEvent);
        if (agentEvent is AgentEvent.TurnEnded)
        {
            _crashesInARow = 0;
        }
    }

    /// <summary>Ends the process and then the runner; the session stays.</summary>
    public void Stop(string reason)
    {
        _isStopping = true;
        StopAgent(reason, _ => { });
        IsOver = IsAtRest;
    }

    public void Tick()
    {
        var now = time.GetUtcNow();
        foreach (var expired in session.ExpiredPermissions(now))
        {
            Resolve(expired.Id, PermissionDecision.Deny, "expired", "Nobody answered in time.", remember: false, null, now);
        }

        if (session.State.Status == SessionStatus.Idle && now - session.LastActivityAt >= options.IdleTimeout)
        {
            StopAgent("idle", _ => { });
        }

        IsOver = IsAtRest;
    }

    private void StartAgent()
    {
        if (slot.IsOccupied || !session.IsLive || _isStopping)
        {
            return;
        }

        _exitReason = null;
        session.AgentStarting(time.GetUtcNow());
        Launch();
    }

    private void Launch()
    {
        // What is recorded must be stored before there is a process to show for it.
        slot.Reserve();
        var state = session.State;
        _launched = state.Settings;
        loop.AfterCommit(() => slot.Launch(state, outcome => loop.PostAsync(() => AgentStarted(outcome))));
    }

    private void AgentStarted(Result<IAgentSession> outcome)
    {
        var now = time.GetUtcNow();
        if (outcome.IsSuccess)
        {
            slot.Occupy(outcome.Value);
            if (_exitReason is not null)
            {
                slot.Stop(options.StopGrace);
                return;
            }

            TellSettingsChangedMeanwhile();
            session.AgentReady(now);
            return;
        }

        slot.Vacate();
        if (outcome.Error.Reason == AgentErrors.TranscriptMissingReason && !_retriedWithoutResume && _exitReason is null)
        {
            // Claude Code forgot; the session must go on all the same.
            _retriedWithoutResume = true;
            session.Record(SessionErrorRaised.From(AgentErrors.ContextLost()), now);
            session.Record(new AgentSessionChanged(null), now);
            Launch();
            return;
        }

        if (_exitReason is { } reason)
        {
            session.AgentStopped(reason, now);
        }
        else
        {
            session.AgentFailed(outcome.Error, now);
        }

        AnswerWaiting();
        IsOver = _isStopping;
    }

    // It was started with the settings of then.
    private void TellSettingsChangedMeanwhile()
    {
        var settings = session.State.Settings;
        if (settings.Model != _launched.Model)
        {
            slot.Control(agent => agent.SetModelAsync(settings.Model, CancellationToken.None), _ => Task.CompletedTask);
        }

        if (settings.PermissionMode != _launched.PermissionMode)
        {
            slot.Control(agent => agent.SetPermissionModeAsync(settings.PermissionMode, CancellationToken.None), _ => Task.CompletedTask);
        }
    }

    private void AgentExited(AgentEvent.Exited exited)
    {
        var now = time.GetUtcNow();
        slot.Vacate();
        if (session.IsLive)
        {
            SettleAfterExit(exited, now);
        }

        AnswerWaiting();
        IsOver = _isStopping;
    }

    private void SettleAfterExit(AgentEvent.Exited exited, DateTimeOffset now)
    {
        _recorder.KeepPartialTexts();
        if (_exitReason is { } reason)
        {
            session.AgentStopped(reason, now);
        }
        else
        {
            _crashesInARow++;
            session.Record(SessionErrorRaised.From(SessionErrors.AgentExited($"exit code {exited.ExitCode}.")), now);
            session.AgentStopped("agent_exited", now);
            RestartIfMessagesWait(now);
        }
    }

    private void RestartIfMessagesWait(DateTimeOffset now)
    {
        if (session.State.Queue.Count == 0)
        {
            return;
        }

        if (_crashesInARow < MaxCrashesInARow)
        {
            StartAgent();
        }
        else
        {
            session.AgentFailed(SessionErrors.AgentFailedToStart($"it ended unexpectedly {_crashesInARow} times in a row."), now);
        }
    }

    private void StopAgent(string reason, Action<Result<SessionReply>> whenGone)
    {
        if (!slot.IsOccupied)
        {
            whenGone(Done());
            return;
        }

        _waitingForExit.Add(whenGone);
        _exitReason ??= reason;
        slot.Stop(options.StopGrace);
    }

    private Result<SessionReply> Send(ChatMessage message, DateTimeOffset now)
    {
        var accepted = session.AcceptMessage(message, now);
        if (!accepted.IsSuccess)
        {
            return accepted.Error;
        }

        StartAgent();
        return new SessionReply.Accepted(accepted.Value.MessageId, accepted.Value.Position);
    }

    private Result<SessionReply> AnswerPermission(SessionCommand.AnswerPermission command, DateTimeOffset now) =>
        DoneIf(Resolve(command.RequestId, command.Decision, "user", command.Message, command.Remember, command.UpdatedInput, now));

    private Result Resolve(
        string requestId,
        PermissionDecision decision,
        string reason,
        string? message,
        bool remember,
        JsonElement? updatedInput,
        DateTimeOffset now)
    {
        var pending = session.State.PendingPermissions.FirstOrDefault(p => p.Id == requestId);
        var remembers = remember && decision == PermissionDecision.Allow;
        var resolved = session.ResolvePermission(requestId, decision, reason, message, remembers && pending is not null ? pending.SuggestedRules : [], now);
        if (!resolved.IsSuccess)
        {
            return resolved.Error;
        }

        var request = resolved.Value;
        var mode = remembers && request.SuggestedRules.Count == 0 ? request.SuggestedMode : null;
        if (mode is { } newMode)
        {
            session.ChangeSettings(session.State.Settings with { PermissionMode = newMode }, now);
        }

        var answer = new PermissionAnswer(decision, updatedInput ?? request.Input, remembers ? request.SuggestedRules : [], mode, message);
        loop.AfterCommit(() => slot.Tell((agent, token) => agent.AnswerPermissionAsync(requestId, answer, token)));
        return Result.Success();
    }

    private void Interrupt(Action<Result<SessionReply>> answer)
    {
        if (slot.Agent is null || session.State.CurrentTurn is null)
        {
            answer(DoneIf(session.IsLive ? Result.Success() : SessionErrors.Terminated()));
            return;
        }

        var now = time.GetUtcNow();
        foreach (var pending in session.State.PendingPermissions)
        {
            session.ResolvePermission(pending.Id, PermissionDecision.Deny, "interrupted", null, [], now);
        }

        slot.Control(agent => agent.InterruptAsync(CancellationToken.None), outcome => loop.PostAsync(() => answer(DoneIf(outcome))));
    }

    private void SetPermissionMode(PermissionMode mode, Action<Result<SessionReply>> answer)
    {
        // Claude Code takes this mode only when it was started with it.
        if (mode == PermissionMode.BypassPermissions && session.State.Settings.PermissionMode != mode)
        {
            answer(SessionErrors.ModeNeedsSandbox());
            return;
        }

        Change(session.State.Settings with { PermissionMode = mode }, agent => agent.SetPermissionModeAsync(mode, CancellationToken.None), answer);
    }

    private void Change(SessionSettings settings, Func<IAgentSession, Task<Result>> tellAgent, Action<Result<SessionReply>> answer)
    {
        if (slot.Agent is null || !session.IsLive)
        {
            answer(DoneIf(session.ChangeSettings(settings, time.GetUtcNow())));
            return;
        }

        slot.Control(tellAgent, outcome => loop.PostAsync(() =>
            answer(DoneIf(outcome.IsSuccess ? session.ChangeSettings(settings, time.GetUtcNow()) : outcome))));
    }

    private void AnswerWaiting()
    {
        foreach (var answer in _waitingForExit)
        {
            answer(Done());
        }

        _waitingForExit.Clear();
    }

    private Result<SessionReply> DoneIf(Result result) => result.IsSuccess ? Done() : result.Error;

    private SessionReply.Done Done() => new SessionReply.Done(session.State.Status, session.LastSeq);
}
