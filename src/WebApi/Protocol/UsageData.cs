using System.Text.Json.Serialization;

namespace Claudy.WebApi.Protocol;

/// <summary>Fields of <c>usage</c> from a client.</summary>
/// <param name="From">The first day, such as 2026-01-01; the first of the month when left out.</param>
/// <param name="To">The last day; today when left out.</param>
/// <param name="GroupBy">day, model, session or user; day when left out.</param>
/// <param name="AllUsers">Whether other users' is meant too; only for the operator.</param>
internal sealed record UsageQuery(string? From, string? To, string? GroupBy, bool? AllUsers);

/// <summary>Fields of the answer <c>usage</c>, and of <c>GET /api/usage</c>.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day, which is included.</param>
/// <param name="GroupBy">What there is a sum for each of.</param>
/// <param name="Groups">The sums.</param>
/// <param name="Total">The sum of all.</param>
/// <param name="Budgets">How the user's budgets stand.</param>
internal sealed record UsageReportData(
    string From, string To, string GroupBy, IReadOnlyList<UsageSumData> Groups, UsageSumData Total, IReadOnlyList<BudgetStandingData> Budgets);

/// <summary>A sum of requests.</summary>
/// <param name="Key">The day, model, session or user; none for the total.</param>
/// <param name="Requests">How many requests.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="CostUsd">What those cost whose cost is known.</param>
/// <param name="UnpricedRequests">How many have no known cost.</param>
/// <param name="ChargedUsd">What budgets count for them.</param>
internal sealed record UsageSumData(string? Key, long Requests, RequestUsageData Usage, decimal CostUsd, long UnpricedRequests, decimal ChargedUsd);

/// <summary>Tokens by kind.</summary>
internal sealed record RequestUsageData(
    long InputTokens,
    long OutputTokens,
    [property: JsonPropertyName("cache_creation_5m_tokens")] long CacheWriteTokens,
    [property: JsonPropertyName("cache_creation_1h_tokens")] long LongCacheWriteTokens,
    long CacheReadTokens,
    [property: JsonPropertyName("web_search_requests")] long WebSearches);

/// <summary>The answer of <c>GET /api/usage/requests</c>.</summary>
/// <param name="Requests">The newest first.</param>
/// <param name="NextCursor">Where to go on; none when there are no more.</param>
internal sealed record UsageListData(IReadOnlyList<UsageRequestData> Requests, string? NextCursor);

/// <summary>One request to the API.</summary>
/// <param name="RequestId">Names it, as <c>usage_updated</c> does.</param>
/// <param name="At">When it ended.</param>
/// <param name="SessionId">Which session asked.</param>
/// <param name="Model">The model that answered, or was asked for.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="CostUsd">What it cost; none when that is not known.</param>
/// <param name="ChargedUsd">What budgets count for it.</param>
/// <param name="Status">The API's; 0 when none came.</param>
/// <param name="IsCut">Whether its answer was cut off.</param>
internal sealed record UsageRequestData(
    Guid RequestId, WireTime At, string SessionId, string Model, RequestUsageData Usage, decimal? CostUsd, decimal ChargedUsd, int Status, bool IsCut);

/// <summary>How a budget stands.</summary>
/// <param name="Scope">session, user or server.</param>
/// <param name="Period">day or month; none for a session's.</param>
/// <param name="SoftUsd">The soft limit; none when there is none.</param>
/// <param name="HardUsd">The hard limit; none when there is none.</param>
/// <param name="SpentUsd">What was spent of it.</param>
/// <param name="ResetsAt">When the count begins anew; none when it never does.</param>
internal sealed record BudgetStandingData(string Scope, string? Period, decimal? SoftUsd, decimal? HardUsd, decimal SpentUsd, WireTime? ResetsAt);

/// <summary>A budget in <c>create_session</c> and <c>session_control</c>.</summary>
/// <param name="SoftUsd">The soft limit in US dollars; none for none.</param>
/// <param name="HardUsd">The hard limit in US dollars; none for none.</param>
internal sealed record BudgetData(decimal? SoftUsd, decimal? HardUsd);

/// <summary>Why a session is paused, in <c>session_attached</c>.</summary>
/// <param name="Scope">session, user or server.</param>
/// <param name="Period">day or month; none for a session's.</param>
/// <param name="LimitUsd">The hard limit; not told of the server's.</param>
/// <param name="SpentUsd">What had been spent; not told of the server's.</param>
/// <param name="ResetsAt">When the count begins anew; none when it never does.</param>
internal sealed record BudgetPauseData(string Scope, string? Period, decimal? LimitUsd, decimal? SpentUsd, WireTime? ResetsAt);
