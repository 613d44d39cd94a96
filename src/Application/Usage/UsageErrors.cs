using Claudy.Domain.Shared;
using Claudy.Domain.Usage;

namespace Claudy.Application.Usage;

/// <summary>How asking the API can be refused for its cost.</summary>
public static class UsageErrors
{
    /// <summary>A hard budget is spent.</summary>
    public static Error BudgetSpent(BudgetReached reached) =>
        IsTold(reached.Scope)
            ? Spent(reached, $": {reached.SpentUsd:0.00####} of {reached.LimitUsd:0.00####} US dollars")
                .With("limit_usd", (double)reached.LimitUsd).With("spent_usd", (double)reached.SpentUsd)
            : Spent(reached, "");

    /// <summary>Whether its sums are told to users: what all of them spend together is the operator's to know.</summary>
    public static bool IsTold(BudgetScope scope) => scope is BudgetScope.Session or BudgetScope.UserDay or BudgetScope.UserMonth;

    /// <summary>Other users' usage, which only the operator sees.</summary>
    public static Error NotYours() =>
        new(ResultStatus.Forbidden, "SESSION_024", "usage_of_others", "Only the operator sees what other users spend. Ask for your own usage.");

    /// <summary>The scope's word in the protocol: session, user or server.</summary>
    public static string ScopeOf(BudgetScope scope) => scope switch
    {
        BudgetScope.Session => "session",
        BudgetScope.UserDay or BudgetScope.UserMonth => "user",
        _ => "server",
    };

    /// <summary>The period's word in the protocol: day or month; null for none.</summary>
    public static string? PeriodOf(BudgetScope scope) => scope switch
    {
        BudgetScope.Session => null,
        BudgetScope.UserDay or BudgetScope.ServerDay => "day",
        _ => "month",
    };

    /// <summary>The sentence for a soft budget that is spent.</summary>
    public static string Warning(BudgetReached reached) =>
        IsTold(reached.Scope)
            ? $"The budget {OfWhom(reached.Scope)} is nearly spent: {reached.SpentUsd:0.00####} US dollars; the first limit is {reached.LimitUsd:0.00####}."
            : $"The budget {OfWhom(reached.Scope)} is nearly spent.";

    private static Error Spent(BudgetReached reached, string sums) =>
        new Error(ResultStatus.LimitExceeded, "CLAUDE_009", "budget_spent", $"The budget {OfWhom(reached.Scope)} is spent{sums}. {WhenOn(reached)}")
            .With("scope", ScopeOf(reached.Scope));

    private static string OfWhom(BudgetScope scope) => scope switch
    {
        BudgetScope.Session => "of this session",
        BudgetScope.UserDay => "of this user for today",
        BudgetScope.UserMonth => "of this user for this month",
        BudgetScope.ServerDay => "of this server for today",
        _ => "of this server for this month",
    };

    private static string WhenOn(BudgetReached reached) =>
        reached.ResetsAt is { } at ? $"It goes on when more is allowed, or at {at:yyyy-MM-dd HH:mm} UTC." : "It goes on when more is allowed.";
}
