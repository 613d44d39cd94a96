using Claudy.Application.Usage.Ports;
using Claudy.Domain.Usage;

namespace Claudy.Application.Usage;

/// <summary>One session's side of <see cref="RequestMeter"/>.</summary>
internal sealed class SessionMeter(BudgetLedger ledger, SessionSpending spending)
{
    public SessionSpending Spending => spending;

    /// <summary>Who hears of its requests.</summary>
    public ISpendingObserver Observer { get; set; } = NoObserver.Instance;

    /// <summary>The first hard limit that is spent; null when there is none.</summary>
    public BudgetReached? HardReached() => ledger.HardReached(spending);

    /// <summary>How all its budgets stand: its own, its user's, the server's.</summary>
    public IReadOnlyList<BudgetStanding> Standing() => ledger.Standing(spending);

    /// <summary>Changes its own budget; null for the server's default.</summary>
    public void SetBudget(Budget? budget) => ledger.SetBudget(spending, budget);

    private sealed class NoObserver : ISpendingObserver
    {
        public static readonly NoObserver Instance = new();

        public Task OnBudgetSpentAsync(BudgetReached reached) => Task.CompletedTask;

        public void OnUsed(UsageRecord record, IReadOnlyList<BudgetStanding> standing, IReadOnlyList<BudgetReached> soft)
        {
            // Nobody runs the session yet.
        }
    }
}

/// <summary>Hears of a session's requests, from any thread.</summary>
internal interface ISpendingObserver
{
    /// <summary>A request is refused for a budget; it learns that once this is over.</summary>
    Task OnBudgetSpentAsync(BudgetReached reached);

    /// <summary>A request is over.</summary>
    /// <param name="record">The request.</param>
    /// <param name="standing">How all budgets stand now.</param>
    /// <param name="soft">Soft limits that it reached.</param>
    void OnUsed(UsageRecord record, IReadOnlyList<BudgetStanding> standing, IReadOnlyList<BudgetReached> soft);
}
