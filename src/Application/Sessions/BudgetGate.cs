using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;

namespace Claudy.Application.Sessions;

/// <summary>When a session pauses for want of money and when it goes on. Runs on the session's loop, but for what the meter tells.</summary>
internal sealed class BudgetGate : ISpendingObserver
{
    private readonly Session _session;
    private readonly SessionOutbox _outbox;
    private readonly SessionMeter _meter;
    private readonly AgentLifecycle _agent;
    private readonly ISessionLoop _loop;
    private readonly Func<bool> _hasAgent;
    private readonly TimeProvider _time;

    public BudgetGate(
        Session session, SessionOutbox outbox, SessionMeter meter, AgentLifecycle agent, ISessionLoop loop, Func<bool> hasAgent, TimeProvider time)
    {
        _session = session;
        _outbox = outbox;
        _meter = meter;
        _agent = agent;
        _loop = loop;
        _hasAgent = hasAgent;
        _time = time;
        meter.Observer = this;
    }

    /// <summary>Whether something waits for money: then the session must stay up, to see it come.</summary>
    public bool IsAwaited => _session.IsLive && _session.State is { BudgetPause: not null, WaitsForMoney: true };

    /// <summary>Pauses when a hard budget is spent, so that a message waits for its turn instead of failing in it.</summary>
    public void PauseIfSpent()
    {
        if (_session.State.BudgetPause is null && _meter.HardReached() is { } reached)
        {
            _session.PauseForBudget(reached, _time.GetUtcNow());
        }
    }

    /// <summary>Goes on when a paused session may: its budget was raised, or a day or month began.</summary>
    public void Recheck()
    {
        // A turn that is under way has yet to end with the refusal that it was given, and be held.
        if (_session.State is { BudgetPause: null } or { CurrentTurn.IsSuspended: false } || _meter.HardReached() is not null)
        {
            return;
        }

        if (_session.ResumeFromBudget(_hasAgent() && !_agent.IsToBeReplaced, _time.GetUtcNow()))
        {
            _agent.Start(isAskedFor: true);
        }
    }

    /// <summary>Gives the session another budget; null for the server's default.</summary>
    public Result Change(Budget? budget)
    {
        var now = _time.GetUtcNow();
        var changed = _session.ChangeSettings(_session.State.Settings with { Budget = budget }, now);
        if (!changed.IsSuccess)
        {
            return changed;
        }

        _meter.SetBudget(budget);
        if (_meter.Standing()[0] is { Budget.SoftUsd: { } soft } own && own.SpentUsd >= soft)
        {
            // No request will reach what is passed already.
            _session.Record(new BudgetWarned(new BudgetReached(own.Scope, soft, own.SpentUsd, own.ResetsAt)), now);
        }

        Recheck();
        return changed;
    }

    /// <inheritdoc/>
    public Task OnBudgetSpentAsync(BudgetReached reached) => _loop.PostAsync(() => _session.PauseForBudget(reached, _time.GetUtcNow()));

    /// <inheritdoc/>
    public void OnUsed(UsageRecord record, IReadOnlyList<BudgetStanding> standing, IReadOnlyList<BudgetReached> soft) => _ = _loop.PostAsync(() =>
    {
        // What others spend is not for this session's watchers to see.
        _outbox.Add(new FeedItem.UsageUpdated(record, [.. standing.Where(s => UsageErrors.IsTold(s.Scope))]));
        foreach (var reached in soft.Where(_ => _session.IsLive))
        {
            _session.Record(new BudgetWarned(reached), _time.GetUtcNow());
        }
    });
}
