namespace Claudy.Domain.Usage;

/// <summary>How much may be spent.</summary>
/// <param name="SoftUsd">From which sum on people are told, in US dollars; null for none.</param>
/// <param name="HardUsd">From which sum on nothing more is asked of the API, in US dollars; null for none.</param>
public sealed record Budget(decimal? SoftUsd, decimal? HardUsd)
{
    /// <summary>The largest sum that can be said.</summary>
    public const decimal MaxUsd = 1_000_000_000;

    /// <summary>No limit at all.</summary>
    public static readonly Budget Unlimited = new(null, null);
}

/// <summary>Whose money a budget bounds, and over which time.</summary>
public enum BudgetScope
{
    /// <summary>One session, from its beginning.</summary>
    Session,

    /// <summary>One user, in a day (UTC).</summary>
    UserDay,

    /// <summary>One user, in a month (UTC).</summary>
    UserMonth,

    /// <summary>All users, in a day (UTC).</summary>
    ServerDay,

    /// <summary>All users, in a month (UTC).</summary>
    ServerMonth,
}

/// <summary>A limit of a budget that was reached.</summary>
/// <param name="Scope">Whose budget.</param>
/// <param name="LimitUsd">The limit, soft or hard.</param>
/// <param name="SpentUsd">What had been spent then.</param>
/// <param name="ResetsAt">When the count begins anew; null for a session's, which never does.</param>
public sealed record BudgetReached(BudgetScope Scope, decimal LimitUsd, decimal SpentUsd, DateTimeOffset? ResetsAt);
