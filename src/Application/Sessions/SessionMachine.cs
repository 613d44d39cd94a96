using Claudy.Application.Sessions.Admission;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Networking;
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
    private readonly PermissionGate _permissions;
    private readonly PermissionAnswers _answers;
    private readonly ConfigurationQuarantine _quarantine;
    private readonly ConversationRewinder _rewinder;
    private readonly BudgetGate _budget;
    private readonly QuotaGate _quota;
    private bool _isUnused;

    public SessionMachine(
        Session session,
        SessionOutbox outbox,
        AgentSlot slot,
        ISessionLoop loop,
        AgentAdmission admission,
        IPermissionRuleStore rules,
        SessionMeter meter,
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
        _recorder = new AgentEventRecorder(session, outbox, options, time)
        {
            MayStartTurns = () => !_agent!.IsStopping && !_agent.IsToBeReplaced && !_rewinder!.IsBusy,
        };
        _permissions = new PermissionGate(session, _recorder, slot, loop, rules, time, logger);
        _agent = new AgentLifecycle(session, _recorder, slot, loop, _queueing, _permissions.AgentStarted, options, time, logger);
        _answers = new PermissionAnswers(session, _agent, _permissions, slot, loop, time);
        _quarantine = new ConfigurationQuarantine(session, slot, _agent, loop, time);
        _rewinder = new ConversationRewinder(session, _agent, slot, loop, time);
        _budget = new BudgetGate(session, outbox, meter, _agent, loop, () => _agent.IsThere, time);
        _quota = new QuotaGate(session, _agent, slot, loop, time);
        slot.OnRefused = refusal => _ = loop.PostAsync(() => outbox.Add(new FeedItem.EgressRefused(refusal)));
    }

    /// <summary>Whether the runner can end: no process, and closed or nothing to do for a while.</summary>
    public bool IsOver => !_slot.IsOccupied && !_agent.IsExpected && (_agent.IsClosed || _isUnused);

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

        _budget.Recheck();
        if (_session.State.HasWork)
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
                if (cancelled.IsSuccess)
                {
                    _agent.WorkTakenBack();
                }

                answer(DoneIf(cancelled));
                break;
            case SessionCommand.AnswerPermission permission:
                _answers.Take(permission, outcome => answer(DoneIf(outcome)));
                break;
            case SessionCommand.ReadRules:
                answer(_permissions.Read());
                break;
            case SessionCommand.EditRule edit:
                answer(_permissions.Edit(edit) is { IsSuccess: false } refused ? refused.Error : _permissions.Read());
                break;
            case SessionCommand.RefreshRules:
                _permissions.Refresh();
                answer(Done());
                break;
            case SessionCommand.Interrupt:
                Interrupt(outcome => answer(DoneIf(outcome)));
                break;
            case SessionCommand.Hibernate:
                _agent.Sleep("user_request", () => answer(Done()));
                break;
            case SessionCommand.Resume:
                _agent.Wake();
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
            case SessionCommand.Expire(var unusedSince):
                if (IsAsleep && !_slot.IsOccupied && _session.LastActivityAt < unusedSince)
                {
                    _session.Terminate("retention", now);
                }

                answer(Done());
                break;
            case SessionCommand.Delete:
                _session.Terminate("deleted", now);
                _agent.Close("deleted");
                answer(Done());
                break;
            case SessionCommand.Rename(var name):
                answer(DoneIf(_session.ChangeSettings(_session.State.Settings with { Name = name }, now)));
                break;
            case SessionCommand.UseOwnKey:
                answer(DoneIf(_session.ChangeSettings(_session.State.Settings with { BringsOwnKey = true }, now)));
                if (_session.State.CurrentTurn is { IsSuspended: true })
                {
                    // It may be the lack of a key that kept it from going on.
                    _agent.Start(isAskedFor: true);
                }

                break;
            case SessionCommand.DropOwnKey:
                answer(DoneIf(_session.ChangeSettings(_session.State.Settings with { BringsOwnKey = false }, now)));
                break;
            case SessionCommand.TakeBack takeBack:
                _rewinder.Begin(takeBack, answer);
                break;
            case SessionCommand.SetModel(var model):
                Change(settings => settings with { Model = model }, agent => agent.SetModelAsync(model, CancellationToken.None), answer);
                break;
            case SessionCommand.SetBudget(var budget):
                answer(DoneIf(_budget.Change(budget)));
                break;
            case SessionCommand.SetNetwork(var network):
                answer(SetNetwork(network, now));
                break;
            case SessionCommand.SetPermissionMode(var mode):
                SetPermissionMode(mode, answer);
                break;
            case SessionCommand.SetThinkingBudget(var maxTokens):
                Change(settings => settings with { MaxThinkingTokens = maxTokens }, agent => agent.SetThinkingBudgetAsync(maxTokens, CancellationToken.None), answer);
                break;
            case SessionCommand.UseMcpServers(var names):
                answer(DoneIf(_quarantine.UseMcpServers(names)));
                break;
            case SessionCommand.LookAtConfiguration:
                _quarantine.Look();
                answer(Done());
                break;
            case SessionCommand.ReviewConfiguration(var digest, var decision):
                answer(DoneIf(_quarantine.Review(digest, decision)));
                break;
            case SessionCommand.NoteFiles(var files, var isTruncated):
                if (_session.IsLive)
                {
                    _session.Record(new FilesChanged(files, isTruncated), now);
                    _quota.FilesChanged();
                }

                answer(Done());
                break;
            case SessionCommand.ExceedQuota(var usage):
                _quota.Exceeded(usage);
                answer(Done());
                break;
            case SessionCommand.AgentQuery query:
                Ask(query, answer);
                break;
        }
    }

    public void Handle(AgentEvent agentEvent)
    {
        // What a user said to this very call counts more than any rule.
        var answered = agentEvent is AgentEvent.PermissionRequest asked ? _session.CarriedAnswerTo(asked.ToolName, asked.Input) : null;
        var isHandled = answered is null && _permissions.Handles(agentEvent);
        if (agentEvent is AgentEvent.Exited exited)
        {
            _agent.Exited(exited);
            return;
        }

        if (_agent.IsStopping && _session.State.CurrentTurn is { IsSuspended: true }
            && agentEvent is (AgentEvent.PermissionRequest or AgentEvent.PermissionWithdrawn or AgentEvent.TurnEnded))
        {
            // A process that is being ended takes its questions back; they stand all the same.
            return;
        }

        if (!_session.IsLive || isHandled)
        {
            // Its process has not heard yet that it is over.
            return;
        }

        _recorder.Record(agentEvent);
        switch (agentEvent)
        {
            case AgentEvent.TurnEnded:
                _agent.TurnEnded();
                _budget.Recheck();
                _quarantine.Look();
                break;
            case AgentEvent.PermissionRequest request when answered is { } carried:
                _answers.Carry(request.RequestId, carried);
                break;
        }
    }

    /// <summary>Ends the process and then the runner; the session stays.</summary>
    public void Stop(string reason) => _agent.Close(reason);

    public void Tick()
    {
        var now = _time.GetUtcNow();
        _answers.Expire(now);
        _budget.Recheck();
        _quota.Tick();
        if (_session.State.Status == SessionStatus.Idle && now - _session.LastActivityAt >= _options.IdleTimeout)
        {
            _agent.Stop("idle", () => { });
        }

        _isUnused = !_slot.IsOccupied && !_agent.IsExpected && IsAsleep && !_budget.IsAwaited && !_quota.IsAwaited;
    }

    private Result<SessionReply> Send(ChatMessage message, bool isUrgent, DateTimeOffset now)
    {
        _budget.PauseIfSpent();
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

    private void Interrupt(Action<Result> done)
    {
        var now = _time.GetUtcNow();
        if (_session.State.CurrentTurn is { IsSuspended: true })
        {
            _session.InterruptSuspendedTurn(_agent.IsThere, now);
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

    private Result<SessionReply> SetNetwork(NetworkPolicy network, DateTimeOffset now)
    {
        var changed = _session.ChangeSettings(_session.State.Settings with { Network = network }, now);
        if (changed.IsSuccess)
        {
            _agent.NetworkChanged();
        }

        return DoneIf(changed);
    }

    private void SetPermissionMode(PermissionMode mode, Action<Result<SessionReply>> answer)
    {
        // Claude Code takes this mode only when it was started with it.
        if (mode == PermissionMode.BypassPermissions && _session.State.Settings.PermissionMode != mode)
        {
            answer(SessionErrors.ModeNeedsSandbox());
            return;
        }

        Change(settings => settings with { PermissionMode = mode }, agent => agent.SetPermissionModeAsync(mode, CancellationToken.None), answer);
    }

    private void Change(Func<SessionSettings, SessionSettings> change, Func<IAgentSession, Task<Result>> tellAgent, Action<Result<SessionReply>> answer)
    {
        if (!_agent.IsThere || !_session.IsLive)
        {
            answer(DoneIf(Keep()));
            return;
        }

        _slot.Control(tellAgent, outcome => _loop.PostAsync(() => answer(DoneIf(outcome.IsSuccess ? Keep() : outcome))));

        // Of the settings of then: others may have changed while the agent answered.
        Result Keep() => _session.ChangeSettings(change(_session.State.Settings), _time.GetUtcNow());
    }

    private void Ask(SessionCommand.AgentQuery query, Action<Result<SessionReply>> answer)
    {
        if (_slot.Agent is null || _agent.IsStopping)
        {
            answer(_session.IsLive ? SessionErrors.AgentNotRunning() : SessionErrors.Terminated());
            return;
        }

        var lost = _slot.Configuration.LostServers(_session.State);
        _slot.Ask(agent => AgentQueries.AskAsync(agent, query, lost), outcome => _loop.PostAsync(() => answer(outcome)));
    }

    private Result<SessionReply> DoneIf(Result result) => result.IsSuccess ? Done() : result.Error;

    private SessionReply.Done Done() => new SessionReply.Done(_session.State.Status, _session.LastSeq);
}
