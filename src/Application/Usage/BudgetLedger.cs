using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;

namespace Claudy.Application.Usage;

/// <summary>
/// Knows at every moment what sessions, users and the server spent and what requests under way may add to it. What was spent before
/// is read from the store once; from then on it is counted here, so that one lock decides.
/// </summary>
/// <remarks>
/// A request begins while less than the hard limit is spent. When what is spent and what is reserved would reach it together, the
/// request waits until one under way is over: so all of them overshoot by at most what one request costs, and what
/// others cost beyond their reservation.
/// </remarks>
internal sealed class BudgetLedger(IUsageStore store, BudgetSettings settings, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, SessionSpending> _sessions = [];
    private readonly Dictionary<UserId, Lazy<Task<SpendAccount[]>>> _users = [];
    private Lazy<Task<SpendAccount[]>>? _server;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    /// <summary>Takes a session's accounts up.</summary>
    /// <exception cref="Sessions.Ports.StoreUnavailableException">What was spent cannot be read.</exception>
    public async Task<SessionSpending> OpenAsync(SessionId session, UserId owner, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(session, out var known))
            {
                known.IsOpen = true;
                return known;
            }
        }

        var spent = await SpentAsync(new UsageFilter(null, session, null, null), cancellationToken);
        var user = await UserAsync(owner).WaitAsync(cancellationToken);
        var server = await ServerAsync().WaitAsync(cancellationToken);
        lock (_gate)
        {
            var opened = new SessionSpending(session, owner, [new SpendAccount(BudgetScope.Session, Today, spent), .. user, .. server]) { IsOpen = true };
            _sessions[session] = opened;
            return opened;
        }
    }

    /// <summary>The session is no longer up.</summary>
    public void Close(SessionSpending session)
    {
        lock (_gate)
        {
            session.IsOpen = false;
            ForgetIfSettled(session);
        }
    }

    /// <summary>Changes the session's own budget; null for the server's default.</summary>
    public void SetBudget(SessionSpending session, Budget? budget)
    {
        lock (_gate)
        {
            session.Budget = budget;
            TellChanged();
        }
    }

    /// <summary>The first hard limit that is spent; null when there is none.</summary>
    public BudgetReached? HardReached(SessionSpending session)
    {
        lock (_gate)
        {
            return HardReachedWithin(session);
        }
    }

    /// <summary>Reserves what a request may cost.</summary>
    /// <param name="session">Whose request.</param>
    /// <param name="usd">What it may cost, in US dollars.</param>
    /// <param name="reached">The hard limit that is spent, when it is refused.</param>
    /// <param name="changed">Ends when it is worth while to ask again, when it has to wait.</param>
    /// <returns>Whether it may begin.</returns>
    public bool TryReserve(SessionSpending session, decimal usd, out BudgetReached? reached, out Task changed)
    {
        changed = Task.CompletedTask;
        lock (_gate)
        {
            reached = HardReachedWithin(session);
            if (reached is not null)
            {
                return false;
            }

            if (session.Accounts.Any(a => a.Reserved > 0 && LimitsOf(session, a).HardUsd is { } hard && a.Spent + a.Reserved >= hard))
            {
                changed = _changed.Task;
                return false;
            }

            foreach (var account in session.Accounts)
            {
                account.Reserved += usd;
            }

            session.Unsettled++;
            return true;
        }
    }

    /// <summary>Charges what a request cost in place of what was reserved for it.</summary>
    /// <returns>The soft limits that this reached, and how all budgets stand now.</returns>
    public (IReadOnlyList<BudgetReached> Soft, IReadOnlyList<BudgetStanding> Standing) Settle(SessionSpending session, decimal reserved, decimal charged)
    {
        lock (_gate)
        {
            List<BudgetReached> soft = [];
            foreach (var account in session.Accounts)
            {
                account.Turn(Today);
                account.Reserved -= reserved;
                var before = account.Spent;
                account.Add(charged);
                if (LimitsOf(session, account).SoftUsd is { } limit && before < limit && account.Spent >= limit)
                {
                    soft.Add(Reached(account, limit));
                }
            }

            TellChanged();
            return (soft, StandingWithin(session));
        }
    }

    /// <summary>A settled request's record is in the store.</summary>
    public void Stored(SessionId session)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(session, out var known))
            {
                known.Unsettled--;
                ForgetIfSettled(known);
            }
        }
    }

    /// <summary>How all budgets of a session stand.</summary>
    public IReadOnlyList<BudgetStanding> Standing(SessionSpending session)
    {
        lock (_gate)
        {
            return StandingWithin(session);
        }
    }

    /// <summary>How a user's own budgets stand.</summary>
    /// <exception cref="Sessions.Ports.StoreUnavailableException">What was spent cannot be read.</exception>
    public async Task<IReadOnlyList<BudgetStanding>> StandingAsync(UserId user, CancellationToken cancellationToken)
    {
        var accounts = await UserAsync(user).WaitAsync(cancellationToken);
        lock (_gate)
        {
            return [.. accounts.Select(account => StandingOf(account, settings.Current.Of(account.Scope)))];
        }
    }

    private BudgetReached? HardReachedWithin(SessionSpending session)
    {
        foreach (var account in session.Accounts)
        {
            account.Turn(Today);
            if (LimitsOf(session, account).HardUsd is { } hard && account.Spent >= hard)
            {
                return Reached(account, hard);
            }
        }

        return null;
    }

    private IReadOnlyList<BudgetStanding> StandingWithin(SessionSpending session) =>
        [.. session.Accounts.Select(account => StandingOf(account, LimitsOf(session, account)))];

    private BudgetStanding StandingOf(SpendAccount account, Budget limits)
    {
        account.Turn(Today);
        return new BudgetStanding(account.Scope, limits, account.Spent, account.ResetsAt());
    }

    private Budget LimitsOf(SessionSpending session, SpendAccount account) =>
        account.Scope == BudgetScope.Session && session.Budget is { } own ? own : settings.Current.Of(account.Scope);

    private static BudgetReached Reached(SpendAccount account, decimal limit) => new(account.Scope, limit, account.Spent, account.ResetsAt());

    // Read anew when it is next up: until then everything of it must be in the store.
    private void ForgetIfSettled(SessionSpending session)
    {
        if (!session.IsOpen && session.Unsettled == 0)
        {
            _sessions.Remove(session.Session);
        }
    }

    private void TellChanged()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private Task<SpendAccount[]> UserAsync(UserId user)
    {
        lock (_gate)
        {
            if (!_users.TryGetValue(user, out var accounts) || accounts.Value.IsFaulted)
            {
                accounts = new(() => ReadAsync(user, BudgetScope.UserDay, BudgetScope.UserMonth));
                _users[user] = accounts;
            }

            return accounts.Value;
        }
    }

    private Task<SpendAccount[]> ServerAsync()
    {
        lock (_gate)
        {
            if (_server is null || _server.Value.IsFaulted)
            {
                _server = new(() => ReadAsync(null, BudgetScope.ServerDay, BudgetScope.ServerMonth));
            }

            return _server.Value;
        }
    }

    private async Task<SpendAccount[]> ReadAsync(UserId? user, params BudgetScope[] scopes)
    {
        var today = Today;
        var accounts = new SpendAccount[scopes.Length];
        for (var i = 0; i < scopes.Length; i++)
        {
            var spent = await SpentAsync(new UsageFilter(user, null, SpendAccount.BeginOf(scopes[i], today), today), CancellationToken.None);
            accounts[i] = new SpendAccount(scopes[i], today, spent);
        }

        return accounts;
    }

    private async Task<decimal> SpentAsync(UsageFilter filter, CancellationToken cancellationToken) =>
        await store.SumAsync(filter, grouping: null, cancellationToken) is [var all] ? all.ChargedUsd : 0;
}
