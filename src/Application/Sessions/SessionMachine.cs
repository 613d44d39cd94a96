using System.Text.Json;
using Claudy.Application.Sessions.Admission;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>What a session does about each input. Runs on the session's loop only; waits for nothing.</summary>
internal sealed class SessionMachine
{
    private readonly Session _session;
    private readonly AgentSlot _slot;
    private readonly ISessionLoop _loop;
    private readonly SessionOptions _options;
    private readonly TimeProvider _time;
    private readonly AgentEventRecorder _recorder;
    private readonly AgentQueueing _queueing;
    private readonly AgentLifecycle _agent;
    private readonly ConversationRewinder _rewinder;
    private bool _isUnused;

    public SessionMachine(
        Session session,
        SessionOutbox outbox,
        AgentSlot slot,
        ISessionLoop loop,
        AgentAdmission admission,
        SessionOptions options,
        TimeProvider time,
        ILogger logger)
    {
        _session = session;
        _slot = slot;
        _loop = loop;
        _options = options;
        _time = time;
        _queueing = new AgentQueueing(session, outbox, admission, loop) { AskedToYield = () => _agent!.Stop("made_room", static () => { }) };
        _recorder = new AgentEventRecorder(session, outbox, options, time) { MayStartTurns = () => !_agent!.IsStopping && !_rewinder!.IsBusy };
        _agent = new AgentLifecycle(session, _recorder, slot, loop, _queueing, options, time, logger);
        _rewinder = new ConversationRewinder(session, _agent, slot, loop, time);
    }

    /// <summary>Whether the runner can end: no process, and closed or nothing to do for a while.</summary>
    public bool IsOver => !_slot.IsOccupied && !_agent.IsExpected && (_agent.IsClosed || _isUnused);

    private bool HasAgent => _slot.Agent is not null && !_agent.IsStopping;

    private bool IsAsleep => _session.State.Status is SessionStatus.Hibernated or SessionStatus.Terminated or SessionStatus.Failed;

    /// <summary>Settles what a server that died left open.</summary>
    public void Recover()
    {
        if (_session.State.Status is SessionStatus.Terminated)
        {
            return;
        }

        if (_session.State.Status is not (SessionStatus.Hibernated or SessionStatus.Failed))
        {
            _session.AgentStopped("server_restarted", _time.GetUtcNow());
        }

        if (_session.State is { Queue.Count: > 0 } or { CurrentTurn: not null, PendingPermissions.Count: 0 })
        {
            _agent.Start();
        }
    }

    /// <summary>Lets go of what the session held or waited for on this node; the last call.</summary>
    public void End() => _agent.End();

    /// <summary>Lets the node know whether the session is idle, after each change.</summary>
    public void Report() => _queueing.ReportIdle();

    public void Handle(SessionCommand command, Action<Result<SessionReply>> answer)
    {
        var now = _time.GetUtcNow();
        switch (command)
        {
            case SessionCommand.Attach:
                // One that could not start is tried again for a message, not for each onlooker.
                if (_session.State.Status != SessionStatus.Failed)
                {
                    _agent.Start();
                }

                _queueing.TellPosition();
                answer(new SessionReply.Attached(_session.State, _session.LastSeq, _recorder.InFlight.Snapshot()));
                break;
            case SessionCommand.Send(var message, var isUrgent):
                answer(Send(message, isUrgent, now));
                break;
            case SessionCommand.SendNow(var messageId):
                answer(DoneIf(SendNow(messageId, now)));
                break;
            case SessionCommand.EditMessage(var messageId, var text):
                answer(DoneIf(_session.EditMessage(messageId, text, now)));
                break;
            case SessionCommand.CancelMessage(var messageId):
                var cancelled = _session.CancelMessage(messageId, now);
                _agent.WorkTakenBack();
                answer(DoneIf(cancelled));
                break;
            case SessionCommand.AnswerPermission permission:
                answer(AnswerPermission(permission, now));
                break;
            case SessionCommand.Interrupt:
                Interrupt(outcome => answer(DoneIf(outcome)));
                break;
            case SessionCommand.Hibernate:
                _agent.Stop("user_request", () => answer(Done()));
                break;
            case SessionCommand.Resume:
                _agent.Start(isAskedFor: true);
                answer(DoneIf(_session.IsLive ? Result.Success() : SessionErrors.Terminated()));
                break;
            case SessionCommand.Restart:
                _agent.Restart();
                answer(DoneIf(_session.IsLive ? Result.Success() : SessionErrors.Terminated()));
                break;
            case SessionCommand.Terminate:
                _recorder.KeepPartialTexts();
                _session.Terminate("user_request", now);
                _agent.Stop("user_request", () => { });
                answer(Done());
                break;
            case SessionCommand.Rename(var name):
                answer(DoneIf(_session.ChangeSettings(_session.State.Settings with { Name = name }, now)));
                break;
            case SessionCommand.UseOwnKey:
                answer(DoneIf(_session.ChangeSettings(_session.State.Settings with { BringsOwnKey = true }, now)));
                break;
            case SessionCommand.TakeBack takeBack:
                _rewinder.Begin(takeBack, answer);
                break;
            case SessionCommand.SetModel(var model):
                Change(_session.State.Settings with { Model = model }, agent => agent.SetModelAsync(model, CancellationToken.None), answer);
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
            _agent.Exited(exited);
            return;
        }

        if (!_session.IsLive)
        {
            // Its process has not heard yet that it is over.
            return;
        }

        _recorder.Record(agentEvent);
        switch (agentEvent)
        {
            case AgentEvent.TurnEnded:
                _agent.TurnEnded();
                break;
            case AgentEvent.PermissionRequest request when _session.CarriedAnswerTo(request.ToolName, request.Input) is { } carried:
                Resolve(request.RequestId, carried.Decision, PermissionReason.CarriedOver, carried.Message, remember: false, carried.UpdatedInput, _time.GetUtcNow());
                break;
        }
    }

    /// <summary>Ends the process and then the runner; the session stays.</summary>
    public void Stop(string reason) => _agent.Close(reason);

    public void Tick()
    {
        var now = _time.GetUtcNow();
        foreach (var expired in _session.ExpiredPermissions(now))
        {
            Resolve(expired.Id, PermissionDecision.Deny, PermissionReason.Expired, "Nobody answered in time.", remember: false, null, now);
        }

        if (_session.State.Status == SessionStatus.Idle && now - _session.LastActivityAt >= _options.IdleTimeout)
        {
            _agent.Stop("idle", () => { });
        }

        _isUnused = !_slot.IsOccupied && !_agent.IsExpected && IsAsleep;
    }

    private Result<SessionReply> Send(ChatMessage message, bool isUrgent, DateTimeOffset now)
    {
        var accepted = _session.AcceptMessage(message, canStart: !_agent.IsStopping && !_rewinder.IsBusy, now);
        if (!accepted.IsSuccess)
        {
            return accepted.Error;
        }

        var (messageId, position, isRepeat) = accepted.Value;
        if (isUrgent && position > 0 && !isRepeat)
        {
            SendNow(messageId, now);
            position = 1;
        }

        _agent.Start(isAskedFor: true);
        return new SessionReply.Accepted(messageId, position);
    }

    // The turn that is under way ends, and with its end the first of the queue begins.
    private Result SendNow(string messageId, DateTimeOffset now)
    {
        var first = _session.PutFirst(messageId, now);
        if (first.IsSuccess)
        {
            Interrupt(static _ => { });
            _agent.Start(isAskedFor: true);
        }

        return first;
    }

    private Result<SessionReply> AnswerPermission(SessionCommand.AnswerPermission command, DateTimeOffset now) =>
        DoneIf(Resolve(command.RequestId, command.Decision, PermissionReason.User, command.Message, command.Remember, command.UpdatedInput, now));

    private Result Resolve(
        string requestId,
        PermissionDecision decision,
        string reason,
        string? message,
        bool remember,
        JsonElement? updatedInput,
        DateTimeOffset now)
    {
        var pending = _session.State.PendingPermissions.FirstOrDefault(p => p.Id == requestId);
        var remembers = remember && decision == PermissionDecision.Allow;
        var isSuspended = _session.State.CurrentTurn is { IsSuspended: true };
        var resolved = _session.ResolvePermission(
            requestId, decision, reason, message, remembers && pending is not null ? pending.SuggestedRules : [], now, updatedInput);
        if (!resolved.IsSuccess)
        {
            return resolved.Error;
        }

        var request = resolved.Value;
        var mode = remembers && request.SuggestedRules.Count == 0 ? request.SuggestedMode : null;
        if (mode is { } newMode)
        {
            _session.ChangeSettings(_session.State.Settings with { PermissionMode = newMode }, now);
        }

        if (isSuspended)
        {
            GoOn(now);
            return Result.Success();
        }

        var answer = new PermissionAnswer(decision, updatedInput ?? request.Input, remembers ? request.SuggestedRules : [], mode, message);
        _loop.AfterCommit(() => _slot.Tell((agent, token) => agent.AnswerPermissionAsync(requestId, answer, token)));
        return Result.Success();
    }

    // What was asked by a process that is gone is answered; the next process must be told.
    private void GoOn(DateTimeOffset now)
    {
        if (_session.GoOn(HasAgent, now))
        {
            _agent.Start(isAskedFor: true);
        }
    }

    private void Interrupt(Action<Result> done)
    {
        var now = _time.GetUtcNow();
        if (_session.State.CurrentTurn is { IsSuspended: true })
        {
            _session.InterruptSuspendedTurn(HasAgent, now);
            _agent.WorkTakenBack();
            if (_session.State.Queue.Count > 0)
            {
                _agent.Start();
            }

            done(Result.Success());
            return;
        }

        if (_slot.Agent is null || _session.State.CurrentTurn is null)
        {
            done(_session.IsLive ? Result.Success() : SessionErrors.Terminated());
            return;
        }

        foreach (var pending in _session.State.PendingPermissions)
        {
            _session.ResolvePermission(pending.Id, PermissionDecision.Deny, PermissionReason.Interrupted, null, [], now);
        }

        _slot.Control(agent => agent.InterruptAsync(CancellationToken.None), outcome => _loop.PostAsync(() => done(outcome)));
    }

    private void SetPermissionMode(PermissionMode mode, Action<Result<SessionReply>> answer)
    {
        // Claude Code takes this mode only when it was started with it.
        if (mode == PermissionMode.BypassPermissions && _session.State.Settings.PermissionMode != mode)
        {
            answer(SessionErrors.ModeNeedsSandbox());
            return;
        }

        Change(_session.State.Settings with { PermissionMode = mode }, agent => agent.SetPermissionModeAsync(mode, CancellationToken.None), answer);
    }

    private void Change(SessionSettings settings, Func<IAgentSession, Task<Result>> tellAgent, Action<Result<SessionReply>> answer)
    {
        if (_slot.Agent is null || !_session.IsLive)
        {
            answer(DoneIf(_session.ChangeSettings(settings, _time.GetUtcNow())));
            return;
        }

        _slot.Control(tellAgent, outcome => _loop.PostAsync(() =>
            answer(DoneIf(outcome.IsSuccess ? _session.ChangeSettings(settings, _time.GetUtcNow()) : outcome))));
    }

    private Result<SessionReply> DoneIf(Result result) => result.IsSuccess ? Done() : result.Error;

    private SessionReply.Done Done() => new SessionReply.Done(_session.State.Status, _session.LastSeq);
}
