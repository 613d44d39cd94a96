using Claudy.Domain.Usage;

namespace Claudy.Application.Usage;

/// <summary>What one budget's owner spent in the period that is under way. Guarded by <see cref="BudgetLedger"/>.</summary>
internal sealed class SpendAccount(BudgetScope scope, DateOnly today, decimal spent)
{
    private DateOnly _begin = BeginOf(scope, today);

    public BudgetScope Scope => scope;

    /// <summary>Spent since the period began, in US dollars.</summary>
    public decimal Spent { get; private set; } = spent;

    /// <summary>What requests that are under way may cost, in US dollars; those of the last period included.</summary>
    public decimal Reserved { get; set; }

    /// <summary>The first day of the period of a day.</summary>
    public static DateOnly BeginOf(BudgetScope scope, DateOnly day) => scope switch
    {
        BudgetScope.Session => DateOnly.MinValue,
        BudgetScope.UserDay or BudgetScope.ServerDay => day,
        _ => new DateOnly(day.Year, day.Month, 1),
    };

    /// <summary>Begins anew when the period is over.</summary>
    public void Turn(DateOnly today)
    {
        var begin = BeginOf(scope, today);

        // A clock that is put back does not give the money of a day back.
        if (begin > _begin)
        {
            (_begin, Spent) = (begin, 0);
        }
    }

    public void Add(decimal usd) => Spent += usd;

    /// <summary>When the count begins anew; null when it never does.</summary>
    public DateTimeOffset? ResetsAt() => scope switch
    {
        BudgetScope.Session => null,
        BudgetScope.UserDay or BudgetScope.ServerDay => Midnight(_begin.AddDays(1)),
        _ => Midnight(_begin.AddMonths(1)),
    };

    private static DateTimeOffset Midnight(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
