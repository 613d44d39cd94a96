using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>When a session's agent is started, stopped and started again. Runs on the session's loop only.</summary>
internal sealed partial class AgentLifecycle(
    Session session,
    AgentEventRecorder recorder,
    AgentSlot slot,
    ISessionLoop loop,
    AgentQueueing queueing,
    Action started,
    SessionOptions options,
    TimeProvider time,
    ILogger logger)
{
    private readonly List<Action> _whenGone = [];
    private readonly List<Action<Result>> _whenUp = [];
    private readonly CrashBackoff _crashes = new(loop, options, time);
    private SessionSettings _launched = session.State.Settings;
    private string? _exitReason;
    private string? _replaceReason;
    private DateTimeOffset _readyAt;
    private bool _isWantedAgain;
    private bool _isWantedWithoutWork;

    /// <summary>Whether no agent is started any more, since the runner is to end.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether there is an agent that takes what is said to it.</summary>
    public bool IsThere => slot.Agent is not null && !IsStopping;

    /// <summary>Whether there is an agent that is being ended.</summary>
    public bool IsStopping => slot.IsOccupied && _exitReason is not null;

    /// <summary>Whether the agent is replaced when its turn ends.</summary>
    public bool IsToBeReplaced => _replaceReason is not null;

    /// <summary>Whether a user had the agent put to sleep, and none was started since.</summary>
    public bool IsPutToSleep { get; private set; }

    /// <summary>Whether an agent will come although there is none yet: it waits in line, or for the end of a back-off.</summary>
    public bool IsExpected => _crashes.IsPausing || queueing.IsWaiting;

    // What a user waits for is worth a place in the line; warming up for somebody who only looks is not.
    private bool HasWork => session.State.HasWork;

    /// <summary>Starts an agent, unless there is one or must be none; one that is being ended is followed by another.</summary>
    /// <param name="isAskedFor">Whether somebody has just asked for it: then it takes a place in the line if it must, and a back-off ends.</param>
    public void Start(bool isAskedFor = false)
    {
        if (slot.IsOccupied || !session.IsLive || IsClosed)
        {
            _isWantedAgain = IsStopping;
            return;
        }

        if (queueing.IsWaiting || (_crashes.IsPausing && !isAskedFor))
        {
            return;
        }

        _crashes.EndPause();
        _exitReason = null;
        _isWantedAgain = false;
        IsPutToSleep = false;
        switch (queueing.Enter(mayWait: isAskedFor || HasWork, admitted: Launch))
        {
            case Admittance.Granted:
                Launch();
                break;
            case Admittance.InLine:
                session.AgentQueued(time.GetUtcNow());
                break;
        }
    }

    /// <summary>Starts an agent for its own sake: when it must wait in line, it does so whatever becomes of the session's work.</summary>
    public void Wake()
    {
        _isWantedWithoutWork |= !slot.IsOccupied || IsStopping;
        Start(isAskedFor: true);
    }

    /// <summary>Starts an agent like <see cref="Wake"/>; <paramref name="whenUp"/> runs when it answers, or learns why none does.</summary>
    public void StartThen(Action<Result> whenUp)
    {
        if (IsThere)
        {
            whenUp(Result.Success());
            return;
        }

        _whenUp.Add(whenUp);
        Wake();
        TellUpUnlessExpected(NotWanted());
    }

    /// <summary>Ends the agent, kindly first; <paramref name="whenGone"/> runs when it is gone.</summary>
    public void Stop(string reason, Action whenGone)
    {
        if (!slot.IsOccupied)
        {
            if (GiveUpWaiting())
            {
                session.AgentStopped(reason, time.GetUtcNow());
            }

            TellUpUnlessExpected(NotWanted());
            whenGone();
            return;
        }

        if (session.State.PendingPermissions.Count > 0)
        {
            // At once: an answer that comes from now on is for the next agent.
            session.AgentStopped(reason, time.GetUtcNow());
        }

        _whenGone.Add(whenGone);
        _exitReason ??= reason;
        slot.Stop(options.StopGrace);
    }

    /// <summary>Ends the agent as a user asked for, and with it every wish for another one.</summary>
    public void Sleep(string reason, Action whenGone)
    {
        _isWantedAgain = false;
        _isWantedWithoutWork = false;
        IsPutToSleep = true;
        if (slot.IsOccupied)
        {
            _exitReason = reason;
        }

        Stop(reason, whenGone);
    }

    /// <summary>Ends the agent, if there is one, and starts another at once, whatever went wrong before.</summary>
    public void Restart()
    {
        _crashes.Forget();
        if (slot.IsOccupied)
        {
            Stop("restart", static () => { });
            _isWantedAgain = true;
            _isWantedWithoutWork = true;
            return;
        }

        GiveUpWaiting();
        Wake();
    }

    /// <summary>Replaces the agent by one that is started with what holds now: at once when it rests, else when its turn ends; the queue waits for it.</summary>
    public void Replace(string reason)
    {
        if (!slot.IsOccupied || IsStopping)
        {
            // The next start has it anyway.
            return;
        }

        if (session.State.CurrentTurn is { IsSuspended: false })
        {
            _replaceReason = reason;
            return;
        }

        Stop(reason, static () => { });
        _isWantedAgain = true;
    }

    /// <summary>Ends the agent and starts no other.</summary>
    public void Close(string reason)
    {
        IsClosed = true;
        Stop(reason, static () => { });
    }

    /// <summary>A turn ended, so whatever crashed before is overcome.</summary>
    public void TurnEnded()
    {
        _crashes.Forget();
        if (_replaceReason is { } reason)
        {
            _replaceReason = null;
            Replace(reason);
        }
    }

    /// <summary>What the session may reach changed: at once where the agent has a way out, else with another one.</summary>
    public void NetworkChanged()
    {
        var policy = session.State.Settings.Network ?? NetworkPolicy.None;
        loop.AfterCommit(() => slot.ApplyNetwork(policy));

        // An agent that was started without a network has nothing in its sandbox that leads to one.
        if (policy.Mode != NetworkMode.None && (_launched.Network ?? NetworkPolicy.None).Mode == NetworkMode.None)
        {
            Replace("network_changed");
        }
    }

    /// <summary>The work that it waited in line for may be gone; then it waits no more, unless it is wanted all the same.</summary>
    public void WorkTakenBack()
    {
        if (queueing.IsWaiting && !HasWork && !_isWantedWithoutWork)
        {
            Stop("user_request", static () => { });
        }
    }

    /// <summary>Lets go of all that was held or waited for; the agent itself ends with its slot.</summary>
    public void End() => GiveUpWaiting();

    /// <summary>The agent's process is gone.</summary>
    public void Exited(AgentEvent.Exited exited)
    {
        if (exited.Exceeded is { } exceeded)
        {
            LogLimitExceeded(session.Id, exceeded.Resource, exceeded.Value);
        }
        else if (_exitReason is null)
        {
            LogExited(session.Id, exited.ExitCode, exited.ErrorOutput);
        }

        Vacate();
        _replaceReason = null;
        if (session.IsLive)
        {
            SettleAfterExit(exited, time.GetUtcNow());
        }

        TellGone();
        StartIfWantedAgain(SessionErrors.AgentExited("it ended before it was needed."));
    }

    private void Launch()
    {
        _isWantedWithoutWork = false;
        session.AgentStarting(time.GetUtcNow());
        LaunchNow();
    }

    private void LaunchNow(bool remembers = true)
    {
        // What is recorded must be stored before there is a process to show for it.
        slot.Reserve();
        var state = session.State;
        _launched = state.Settings;
        loop.AfterCommit(() => slot.Launch(
            state,
            remembers,
            found => loop.PostAsync(() => session.ConfigurationFound(found, time.GetUtcNow())),
            outcome => loop.PostAsync(() => Started(outcome))));
    }

    private void Started(Result<LaunchedAgent> outcome)
    {
        if (!outcome.IsSuccess)
        {
            FailedToStart(outcome.Error, time.GetUtcNow());
            return;
        }

        slot.Occupy(outcome.Value.Agent);
        if (_exitReason is not null)
        {
            slot.Stop(options.StopGrace);
            return;
        }

        queueing.Started();
        _readyAt = time.GetUtcNow();
        TellSettingsChangedMeanwhile();
        started();
        TellLostServers();
        if (outcome.Value.Rebuilt is { } rebuilt)
        {
            session.Record(new AgentSessionChanged(session.Id.Value, rebuilt), _readyAt);
        }

        session.AgentReady(_readyAt);
        if (session.State.Settings.Network != _launched.Network)
        {
            // Only now: this may end the agent, and a message that waited has begun in it or waits for the next one.
            NetworkChanged();
        }

        TellUp(Result.Success());
    }

    private void FailedToStart(Error error, DateTimeOffset now)
    {
        if (_exitReason is null && TryWithAnotherMemory(error, now))
        {
            return;
        }

        Vacate();
        if (_exitReason is { } reason)
        {
            session.AgentStopped(reason, now);
        }
        else
        {
            session.AgentFailed(error, now);
        }

        TellGone();
        StartIfWantedAgain(error);
    }

    private bool TryWithAnotherMemory(Error error, DateTimeOffset now)
    {
        if (error.Reason == AgentErrors.TranscriptMissingReason && session.State.AgentSessionId is not null)
        {
            // Claude Code forgot; what it should remember is in the history.
            slot.Vacate();
            session.Record(new AgentSessionChanged(null), now);
            LaunchNow();
            return true;
        }

        if (error.Reason == AgentErrors.RebuildFailedReason)
        {
            // The session must go on all the same.
            slot.Vacate();
            session.Record(SessionErrorRaised.From(AgentErrors.ContextLost()), now);
            LaunchNow(remembers: false);
            return true;
        }

        return false;
    }

    private void Vacate()
    {
        slot.Vacate();
        queueing.Leave();
    }

    // Someone came while the last one was being ended.
    private void StartIfWantedAgain(Error otherwise)
    {
        if (_isWantedAgain)
        {
            Start(isAskedFor: true);
        }

        TellUpUnlessExpected(otherwise);
    }

    private void TellUpUnlessExpected(Error why)
    {
        if (!slot.IsOccupied && !IsExpected)
        {
            TellUp(why);
        }
    }

    private static Error NotWanted() => SessionErrors.AgentFailedToStart("the session is being put down.");

    private void TellUp(Result outcome)
    {
        List<Action<Result>> waiting = [.. _whenUp];
        _whenUp.Clear();
        foreach (var whenUp in waiting)
        {
            whenUp(outcome);
        }
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

        if (settings.MaxThinkingTokens != _launched.MaxThinkingTokens)
        {
            slot.Control(agent => agent.SetThinkingBudgetAsync(settings.MaxThinkingTokens, CancellationToken.None), _ => Task.CompletedTask);
        }
    }

    private void TellLostServers()
    {
        if (slot.Configuration.LostServers(session.State) is { Count: > 0 } lost)
        {
            recorder.Notice("mcp_servers_lost", $"The MCP servers {string.Join(", ", lost)} are held in memory only: the server restarted since you gave them, or the session is a fork, which gets no copy. Give them again with session_control set_mcp_servers.");
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

        if (exited.Exceeded is { } exceeded)
        {
            // Not tried again by itself: what waits would most likely use as much.
            session.Record(SessionErrorRaised.From(SessionErrors.ResourceLimitExceeded(exceeded)), now);
            session.AgentStopped(exceeded.StatusReason, now);
            return;
        }

        session.Record(SessionErrorRaised.From(SessionErrors.AgentExited($"exit code {exited.ExitCode}.")), now);
        session.AgentStopped("agent_exited", now);
        if (_crashes.Count(after: now - _readyAt) is { } tooMany)
        {
            session.AgentFailed(SessionErrors.AgentFailedToStart($"it ended unexpectedly {tooMany} times in a row. Restart it once the reason is gone."), now);
        }
        else
        {
            _crashes.Pause(() => Start());
        }
    }

    private bool GiveUpWaiting()
    {
        var wasExpected = IsExpected;
        _isWantedWithoutWork = false;
        _crashes.EndPause();
        queueing.Leave();
        return wasExpected;
    }

    private void TellGone()
    {
        foreach (var whenGone in _whenGone)
        {
            whenGone();
        }

        _whenGone.Clear();
    }

    [LoggerMessage(202, LogLevel.Warning, "Session {SessionId}: the agent ended unexpectedly with exit code {ExitCode}: {ErrorOutput}")]
    private partial void LogExited(SessionId sessionId, int exitCode, string errorOutput);

    [LoggerMessage(206, LogLevel.Warning, "Session {SessionId}: the agent exceeded its limit of {Resource}, {Limit}, and was ended")]
    private partial void LogLimitExceeded(SessionId sessionId, LimitedResource resource, long limit);
}
