using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>When a session's agent is started, stopped and started again. Runs on the session's loop only.</summary>
internal sealed class AgentLifecycle(
    Session session,
    AgentEventRecorder recorder,
    AgentSlot slot,
    ISessionLoop loop,
    SessionOptions options,
    TimeProvider time)
{
    private const int MaxCrashesInARow = 3;

    private readonly List<Action> _whenGone = [];
    private SessionSettings _launched = session.State.Settings;
    private string? _exitReason;
    private int _crashesInARow;
    private bool _startedAnew;

    /// <summary>Whether no agent is started any more, since the runner is to end.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Starts an agent, unless there is one or must be none.</summary>
    public void Start()
    {
        if (slot.IsOccupied || !session.IsLive || IsClosed)
        {
            return;
        }

        _exitReason = null;
        session.AgentStarting(time.GetUtcNow());
        Launch();
    }

    /// <summary>Ends the agent, kindly first; <paramref name="whenGone"/> runs when it is gone.</summary>
    public void Stop(string reason, Action whenGone)
    {
        if (!slot.IsOccupied)
        {
            whenGone();
            return;
        }

        _whenGone.Add(whenGone);
        _exitReason ??= reason;
        slot.Stop(options.StopGrace);
    }

    /// <summary>Ends the agent and starts no other.</summary>
    public void Close(string reason)
    {
        IsClosed = true;
        Stop(reason, () => { });
    }

    /// <summary>A turn ended, so whatever crashed before is overcome.</summary>
    public void TurnEnded() => _crashesInARow = 0;

    /// <summary>The agent's process is gone.</summary>
    public void Exited(AgentEvent.Exited exited)
    {
        slot.Vacate();
        if (session.IsLive)
        {
            SettleAfterExit(exited, time.GetUtcNow());
        }

        TellGone();
    }

    private void Launch()
    {
        // What is recorded must be stored before there is a process to show for it.
        slot.Reserve();
        var state = session.State;
        _launched = state.Settings;
        loop.AfterCommit(() => slot.Launch(state, outcome => loop.PostAsync(() => Started(outcome))));
    }

    private void Started(Result<IAgentSession> outcome)
    {
        if (!outcome.IsSuccess)
        {
            FailedToStart(outcome.Error, time.GetUtcNow());
            return;
        }

        slot.Occupy(outcome.Value);
        if (_exitReason is not null)
        {
            slot.Stop(options.StopGrace);
            return;
        }

        TellSettingsChangedMeanwhile();
        session.AgentReady(time.GetUtcNow());
    }

    private void FailedToStart(Error error, DateTimeOffset now)
    {
        slot.Vacate();
        if (error.Reason == AgentErrors.TranscriptMissingReason && !_startedAnew && _exitReason is null)
        {
            // Claude Code forgot; the session must go on all the same.
            _startedAnew = true;
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
            session.AgentFailed(error, now);
        }

        TellGone();
    }

    // The process was started with the settings of then.
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

    private void SettleAfterExit(AgentEvent.Exited exited, DateTimeOffset now)
    {
        recorder.KeepPartialTexts();
        if (_exitReason is { } reason)
        {
            session.AgentStopped(reason, now);
            return;
        }

        _crashesInARow++;
        session.Record(SessionErrorRaised.From(SessionErrors.AgentExited($"exit code {exited.ExitCode}.")), now);
        session.AgentStopped("agent_exited", now);
        if (session.State.Queue.Count == 0)
        {
            return;
        }

        if (_crashesInARow < MaxCrashesInARow)
        {
            Start();
        }
        else
        {
            session.AgentFailed(SessionErrors.AgentFailedToStart($"it ended unexpectedly {_crashesInARow} times in a row."), now);
        }
    }

    private void TellGone()
    {
        foreach (var whenGone in _whenGone)
        {
            whenGone();
        }

        _whenGone.Clear();
    }
}
