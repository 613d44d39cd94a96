using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;

namespace Claudy.Application.Usage.Ports;

/// <summary>What was asked of the API and what it cost: one record a request, and sums of them.</summary>
/// <remarks>Records outlive the sessions and users that they name. Sums over any time are read from a few rows a day, not from all records.</remarks>
public interface IUsageStore
{
    /// <summary>Adds records; one whose id is there already is left as it is.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written; none was added.</exception>
    Task AppendAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken);

    /// <summary>Sums: by day in order, by all else what cost most first, at most <see cref="MaxGroups"/>.</summary>
    /// <param name="filter">Of which records.</param>
    /// <param name="grouping">One sum for each of these; null for one sum, with an empty key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<UsageGroup>> SumAsync(UsageFilter filter, UsageGrouping? grouping, CancellationToken cancellationToken);

    /// <summary>The records themselves, the newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="before">Only those that come after this one in that order; null for the first.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<UsageRecord>> ListAsync(UsageFilter filter, UsagePosition? before, int limit, CancellationToken cancellationToken);

    /// <summary>How many sums are given at the most.</summary>
    public const int MaxGroups = 1_000;
}

/// <summary>One request to the API.</summary>
/// <param name="Id">Names it.</param>
/// <param name="At">When it ended, UTC; its day and month follow from this.</param>
/// <param name="Session">Which session asked.</param>
/// <param name="Owner">Whose it was.</param>
/// <param name="Model">The model as the API named it, or else as it was asked for.</param>
/// <param name="Usage">What the API said that it used; of an answer that was cut off, what it had said until then.</param>
/// <param name="CostUsd">What it cost in US dollars; null when that cannot be known: the model has no price, or the API had said nothing yet.</param>
/// <param name="ChargedUsd">What budgets count for it, in US dollars: its cost, or an estimate.</param>
/// <param name="Status">The HTTP status; 0 when none came.</param>
/// <param name="IsCut">Whether the answer was cut off.</param>
public sealed record UsageRecord(
    Guid Id,
    DateTimeOffset At,
    SessionId Session,
    UserId Owner,
    string Model,
    ApiUsage Usage,
    decimal? CostUsd,
    decimal ChargedUsd,
    int Status,
    bool IsCut);

/// <summary>Which records; null in a field for any.</summary>
/// <param name="Owner">Of this user.</param>
/// <param name="Session">Of this session.</param>
/// <param name="From">From this day on (UTC).</param>
/// <param name="To">Up to this day, which is included.</param>
public sealed record UsageFilter(UserId? Owner, SessionId? Session, DateOnly? From, DateOnly? To);

/// <summary>Where a list of records is gone on with.</summary>
/// <param name="At">When the last one ended.</param>
/// <param name="Id">Its name.</param>
public readonly record struct UsagePosition(DateTimeOffset At, Guid Id);

/// <summary>What sums are made for.</summary>
public enum UsageGrouping
{
    /// <summary>Each day (UTC); its key is such as <c>2026-01-31</c>.</summary>
    Day,

    /// <summary>Each model.</summary>
    Model,

    /// <summary>Each session; its key is the session's id.</summary>
    Session,

    /// <summary>Each user; its key is the user's id.</summary>
    User,
}

/// <summary>The sum of some records.</summary>
/// <param name="Key">What they have in common.</param>
/// <param name="Requests">How many they are.</param>
/// <param name="Usage">What they used.</param>
/// <param name="CostUsd">What those cost whose cost is known, in US dollars.</param>
/// <param name="UnpricedRequests">How many have no known cost.</param>
/// <param name="ChargedUsd">What budgets count for them, in US dollars.</param>
public sealed record UsageGroup(string Key, long Requests, ApiUsage Usage, decimal CostUsd, long UnpricedRequests, decimal ChargedUsd);
