using System.Globalization;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Usage;
using RequestErrors = Claudy.Application.Messaging.RequestErrors;

namespace Claudy.WebApi.Protocol;

/// <summary>Money and tokens in frames and over HTTP.</summary>
internal static class WireUsage
{
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>A limit that was reached.</summary>
    public static void Write(Utf8JsonWriter writer, BudgetReached reached)
    {
        Write(writer, reached.Scope);
        if (UsageErrors.IsTold(reached.Scope))
        {
            writer.WriteNumber("limit_usd"u8, reached.LimitUsd);
            writer.WriteNumber("spent_usd"u8, reached.SpentUsd);
        }

        if (reached.ResetsAt is { } at)
        {
            writer.WriteString("resets_at"u8, WireTimestamp.Of(at));
        }
    }

    /// <summary>Whose budget it is, and over which time.</summary>
    public static void Write(Utf8JsonWriter writer, BudgetScope scope)
    {
        writer.WriteString("scope"u8, UsageErrors.ScopeOf(scope));
        if (UsageErrors.PeriodOf(scope) is { } period)
        {
            writer.WriteString("period"u8, period);
        }
    }

    /// <summary>The limits that there are.</summary>
    public static void Write(Utf8JsonWriter writer, Budget budget)
    {
        if (budget.SoftUsd is { } soft)
        {
            writer.WriteNumber("soft_usd"u8, soft);
        }

        if (budget.HardUsd is { } hard)
        {
            writer.WriteNumber("hard_usd"u8, hard);
        }
    }

    /// <summary>A request that is over.</summary>
    public static void Write(Utf8JsonWriter writer, FeedItem.UsageUpdated used)
    {
        var record = used.Record;
        writer.WriteString("request_id"u8, record.Id);
        writer.WriteString("model"u8, record.Model);
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, record.Usage.InputTokens);
        writer.WriteNumber("output_tokens"u8, record.Usage.OutputTokens);
        writer.WriteNumber("cache_creation_5m_tokens"u8, record.Usage.CacheWriteTokens);
        writer.WriteNumber("cache_creation_1h_tokens"u8, record.Usage.LongCacheWriteTokens);
        writer.WriteNumber("cache_read_tokens"u8, record.Usage.CacheReadTokens);
        writer.WriteNumber("web_search_requests"u8, record.Usage.WebSearches);
        writer.WriteEndObject();
        if (record.CostUsd is { } cost)
        {
            writer.WriteNumber("cost_usd"u8, cost);
        }

        writer.WriteNumber("charged_usd"u8, record.ChargedUsd);
        writer.WriteNumber("status"u8, record.Status);
        writer.WriteBoolean("is_cut"u8, record.IsCut);
        writer.WriteStartArray("budgets"u8);
        foreach (var standing in used.Standing)
        {
            writer.WriteStartObject();
            Write(writer, standing.Scope);
            Write(writer, standing.Budget);
            writer.WriteNumber("spent_usd"u8, standing.SpentUsd);
            if (standing.ResetsAt is { } at)
            {
                writer.WriteString("resets_at"u8, WireTimestamp.Of(at));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A day such as <c>2026-01-31</c>; null when it is left out.</summary>
    public static Result<DateOnly?> ParseDay(string? day, string field)
    {
        if (string.IsNullOrEmpty(day))
        {
            return Result.Success<DateOnly?>(null);
        }

        return DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed)
            ? Result.Success<DateOnly?>(parsed)
            : RequestErrors.InvalidField(field, $"{field} must be a day such as 2026-01-31 (UTC).");
    }

    /// <summary>What to group by; by day when it is left out.</summary>
    public static Result<UsageGrouping> ParseGrouping(string? grouping) => grouping switch
    {
        null or "" or "day" => UsageGrouping.Day,
        "model" => UsageGrouping.Model,
        "session" => UsageGrouping.Session,
        "user" => UsageGrouping.User,
        _ => RequestErrors.InvalidField("group_by", "group_by must be day, model, session or user."),
    };

    /// <summary>The answer to who asks for usage.</summary>
    public static UsageReportData DataOf(UsageReport report, UsageGrouping grouping) => new(
        Day(report.From),
        Day(report.To),
        grouping switch
        {
            UsageGrouping.Day => "day",
            UsageGrouping.Model => "model",
            UsageGrouping.Session => "session",
            _ => "user",
        },
        [.. report.Groups.Select(DataOf)],
        DataOf(report.Total),
        [.. report.Budgets.Select(DataOf)]);

    /// <summary>Requests one by one.</summary>
    public static UsageListData DataOf(UsagePage page) => new([.. page.Records.Select(DataOf)], page.Next is { } next ? CursorOf(next) : null);

    /// <summary>Where a list is gone on with; null when it is left out.</summary>
    public static Result<UsagePosition?> ParseCursor(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return Result.Success<UsagePosition?>(null);
        }

        return cursor.Split('.') is [var ticks, var id]
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTime.MaxValue.Ticks
            && Guid.TryParseExact(id, "N", out var guid)
                ? Result.Success<UsagePosition?>(new UsagePosition(new DateTimeOffset(at, TimeSpan.Zero), guid))
                : RequestErrors.InvalidField("cursor", "cursor must be a next_cursor that the server gave.");
    }

    private static string CursorOf(UsagePosition position) => string.Create(CultureInfo.InvariantCulture, $"{position.At.UtcTicks}.{position.Id:N}");

    private static UsageRequestData DataOf(UsageRecord record) => new(
        record.Id, record.At, record.Session.ToString(), record.Model, DataOf(record.Usage), record.CostUsd, record.ChargedUsd, record.Status, record.IsCut);

    private static RequestUsageData DataOf(ApiUsage usage) => new(
        usage.InputTokens, usage.OutputTokens, usage.CacheWriteTokens, usage.LongCacheWriteTokens, usage.CacheReadTokens, usage.WebSearches);

    /// <summary>The budget that a client gives; null when it names no limit.</summary>
    public static Budget? BudgetOf(BudgetData? data) => data is null or { SoftUsd: null, HardUsd: null } ? null : new Budget(data.SoftUsd, data.HardUsd);

    /// <summary>Why a session is paused.</summary>
    public static BudgetPauseData DataOf(BudgetReached reached) => new(
        UsageErrors.ScopeOf(reached.Scope),
        UsageErrors.PeriodOf(reached.Scope),
        UsageErrors.IsTold(reached.Scope) ? reached.LimitUsd : null,
        UsageErrors.IsTold(reached.Scope) ? reached.SpentUsd : null,
        reached.ResetsAt is { } at ? at : (WireTime?)null);

    private static UsageSumData DataOf(UsageGroup group) => new(
        group.Key.Length > 0 ? group.Key : null,
        group.Requests,
        DataOf(group.Usage),
        group.CostUsd,
        group.UnpricedRequests,
        group.ChargedUsd);

    private static BudgetStandingData DataOf(BudgetStanding standing) => new(
        UsageErrors.ScopeOf(standing.Scope),
        UsageErrors.PeriodOf(standing.Scope),
        standing.Budget.SoftUsd,
        standing.Budget.HardUsd,
        standing.SpentUsd,
        standing.ResetsAt is { } at ? at : (WireTime?)null);

    private static string Day(DateOnly day) => day.ToString(DayFormat, CultureInfo.InvariantCulture);
}
