using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;

namespace Claudy.Application.Usage;

/// <summary>All accounts that a session's requests are charged to. Guarded by <see cref="BudgetLedger"/>.</summary>
/// <param name="Session">Which session.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Accounts">The session's own, its user's and the server's.</param>
internal sealed record SessionSpending(SessionId Session, UserId Owner, IReadOnlyList<SpendAccount> Accounts)
{
    /// <summary>The session's own budget; null for the server's default.</summary>
    public Budget? Budget { get; set; }

    /// <summary>Whether the session is up.</summary>
    public bool IsOpen { get; set; }

    /// <summary>How many of its requests are under way or not stored yet.</summary>
    public int Unsettled { get; set; }
}

/// <summary>How a budget stands.</summary>
/// <param name="Scope">Whose.</param>
/// <param name="Budget">Its limits.</param>
/// <param name="SpentUsd">What was spent of it, in US dollars.</param>
/// <param name="ResetsAt">When the count begins anew; null when it never does.</param>
public sealed record BudgetStanding(BudgetScope Scope, Budget Budget, decimal SpentUsd, DateTimeOffset? ResetsAt);
