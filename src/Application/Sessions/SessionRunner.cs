using System.Threading.Channels;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Admission;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>
/// Runs one session: a single loop takes inputs in batches, lets <see cref="SessionMachine"/> decide, stores, publishes,
/// and only then answers and speaks to the agent. It ends when the session has no process and nothing to do.
/// </summary>
internal sealed partial class SessionRunner : ISessionLoop, IAsyncDisposable
{
    private const int InboxCapacity = 1024;
    private const int BatchSize = 512;
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(5);

    private readonly Session _session;
    private readonly SessionLease _lease;
    private readonly SessionOutbox _outbox;
    private readonly AgentSlot _slot;
    private readonly SessionMachine _machine;
    private readonly ILogger<SessionRunner> _logger;
    private readonly Channel<Input> _inbox = Channel.CreateBounded<Input>(new BoundedChannelOptions(InboxCapacity) { SingleReader = true });
    private readonly List<Action> _afterCommit = [];
    private readonly HashSet<TaskCompletionSource<Result<SessionReply>?>> _unanswered = [];

    public SessionRunner(
        Session session,
        SessionLease lease,
        SessionOutbox outbox,
        AgentSlot slot,
        AgentAdmission admission,
        IPermissionRuleStore rules,
        SessionMeter meter,
        SessionOptions options,
        TimeProvider time,
        ILogger<SessionRunner> logger)
    {
        _session = session;
        _lease = lease;
        _outbox = outbox;
        _slot = slot;
        _logger = logger;
        _machine = new SessionMachine(session, outbox, slot, this, admission, rules, meter, options, time, logger);
        Completion = RunAsync(time);
    }

    /// <summary>Ends when the session has no process and nothing to do, or cannot go on here; never faults.</summary>
    public Task Completion { get; }

    /// <summary>Whether it ended because the store could not be written; what was under way is settled by the next runner.</summary>
    public bool HasLostStore { get; private set; }

    /// <summary>Gives the session a command.</summary>
    /// <returns>Its answer; null when this runner has ended and another one must take the command.</returns>
    public async Task<Result<SessionReply>?> SendAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<Result<SessionReply>?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var input = new Input(() => _machine.Handle(command, reply => AfterCommit(() => answer.TrySetResult(reply))), answer);
        return await TryWriteAsync(input, cancellationToken) ? await answer.Task.WaitAsync(cancellationToken) : null;
    }

    /// <summary>Ends the session's process and the runner; the session stays, hibernated.</summary>
    public async Task StopAsync(string reason, CancellationToken cancellationToken)
    {
        await TryWriteAsync(new Input(() => _machine.Stop(reason), null), cancellationToken);
        await Completion.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task PostAsync(Action input) => await TryWriteAsync(new Input(input, null), CancellationToken.None);

    /// <inheritdoc/>
    public void AfterCommit(Action action) => _afterCommit.Add(action);

    public async ValueTask DisposeAsync()
    {
        _inbox.Writer.TryComplete();
        await Completion;
    }

    private async Task<bool> TryWriteAsync(Input input, CancellationToken cancellationToken)
    {
        try
        {
            await _inbox.Writer.WriteAsync(input, cancellationToken);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    private async Task RunAsync(TimeProvider time)
    {
        // The constructor must return before the loop first runs.
        await Task.Yield();
        await using var ticker = time.CreateTimer(_ => _inbox.Writer.TryWrite(new Input(_machine.Tick, null)), null, TickInterval, TickInterval);
        Error? end = null;
        try
        {
            _machine.Recover();
            await CommitAsync();
            while (!_machine.IsOver && await WaitForInputAsync())
            {
                HandleBatch();
                await CommitAsync();
            }

            await _outbox.SettleAsync(CancellationToken.None);
        }
        catch (FencedException)
        {
            LogFenced(_session.Id, _lease.Epoch);
            end = SessionErrors.Moved();
        }
        catch (OperationCanceledException) when (_lease.Lost.IsCancellationRequested)
        {
            LogFenced(_session.Id, _lease.Epoch);
            end = SessionErrors.Moved();
        }
        catch (StoreUnavailableException exception)
        {
            LogStoreUnavailable(exception, _session.Id);
            HasLostStore = true;
            end = RequestErrors.StoreUnavailable();
        }
        catch (Exception exception)
        {
            var faultId = Guid.NewGuid().ToString("N")[..12];
            LogFault(exception, _session.Id, faultId);
            end = RequestErrors.Fault(faultId);
        }

        await EndAsync(end);
    }

    private async ValueTask<bool> WaitForInputAsync()
    {
        if (_slot.Agent?.Events is not { } events || events.Completion.IsCompleted)
        {
            return await _inbox.Reader.WaitToReadAsync(_lease.Lost);
        }

        if (!_inbox.Reader.TryPeek(out _) && !events.TryPeek(out _))
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_lease.Lost);
            var first = await Task.WhenAny(
                _inbox.Reader.WaitToReadAsync(either.Token).AsTask(),
                events.WaitToReadAsync(either.Token).AsTask());
            await first;
            await either.CancelAsync();
        }

        return !_inbox.Reader.Completion.IsCompleted;
    }

    private void HandleBatch()
    {
        var left = BatchSize;
        while (left-- > 0 && _inbox.Reader.TryRead(out var input))
        {
            if (input.Answer is { } answer)
            {
                _unanswered.Add(answer);
            }

            input.Run();
            Collect();
        }

        while (left-- > 0 && _slot.Agent is { } agent && agent.Events.TryRead(out var agentEvent))
        {
            _machine.Handle(agentEvent);
            Collect();
        }
    }

    private void Collect()
    {
        foreach (var stored in _outbox.Collect())
        {
            if (EdgeOfTurn(stored.Event) is { } isBeginning)
            {
                AfterCommit(() => _slot.KeepFiles(stored.Seq, isBeginning));
            }

            if (MessageToTell(stored.Event) is { } message)
            {
                AfterCommit(() => _slot.Tell((agent, token) => agent.SendMessageAsync(AttemptId.Of(message.Id), message, token)));
            }
        }
    }

    // Its beginning, its end or neither. A turn begins with its message, and Claude has yet to be told that.
    private static bool? EdgeOfTurn(SessionEvent sessionEvent) => sessionEvent switch
    {
        UserMessageAdded => true,
        TurnCompleted => false,
        _ => null,
    };

    private static ChatMessage? MessageToTell(SessionEvent sessionEvent) => sessionEvent switch
    {
        UserMessageAdded e => e.Message,
        TurnResumed e => new ChatMessage("", null, e.Instruction, []),
        _ => null,
    };

    private async ValueTask CommitAsync()
    {
        Collect();
        if (await _outbox.CommitAsync(CancellationToken.None) is { IsSuccess: false })
        {
            throw new FencedException();
        }

        if (_afterCommit.Count > 0)
        {
            foreach (var action in _afterCommit)
            {
                action();
            }

            _afterCommit.Clear();
            _unanswered.RemoveWhere(answer => answer.Task.IsCompleted);
        }

        _machine.Report();
    }

    private async Task EndAsync(Error? end)
    {
        _inbox.Writer.TryComplete();
        try
        {
            await _slot.DisposeAsync();
        }
        catch (Exception exception)
        {
            // Whoever waits must hear the end all the same.
            LogFault(exception, _session.Id, "at its end");
        }

        // Only now: the place is another's as soon as it is given back.
        _machine.End();

        foreach (var answer in _unanswered)
        {
            answer.TrySetResult(end is null ? null : Result<SessionReply>.Failure(end));
        }

        // What came too late is for the next runner, whatever happened to this one.
        while (_inbox.Reader.TryRead(out var late))
        {
            late.Answer?.TrySetResult(null);
        }
    }

    [LoggerMessage(210, LogLevel.Error, "Session {SessionId}: the store is unavailable; the session is put down and will be taken up from what was stored")]
    private partial void LogStoreUnavailable(Exception exception, SessionId sessionId);

    [LoggerMessage(211, LogLevel.Error, "Session {SessionId} failed; fault {FaultId}")]
    private partial void LogFault(Exception exception, SessionId sessionId, string faultId);

    [LoggerMessage(212, LogLevel.Warning, "Session {SessionId}: epoch {Epoch} is no longer the newest; another runner has the session")]
    private partial void LogFenced(SessionId sessionId, long epoch);

    private readonly record struct Input(Action Run, TaskCompletionSource<Result<SessionReply>?>? Answer);

    private sealed class FencedException : Exception;
}

/// <summary>What the rules of a session may ask of the loop that runs them.</summary>
internal interface ISessionLoop
{
    /// <summary>Runs something on the loop later, from any thread; dropped when the loop has ended.</summary>
    Task PostAsync(Action input);

    /// <summary>Runs something once all that was recorded so far is stored and published; from the loop only.</summary>
    void AfterCommit(Action action);
}
