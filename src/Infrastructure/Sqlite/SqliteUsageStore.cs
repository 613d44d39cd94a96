using System.Globalization;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteUsageStore(SqliteWriter writer, SqliteReaders readers) : IUsageStore
{
    private const string Sums =
        """
        coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_write), 0),
        coalesce(sum(long_cache_write), 0), coalesce(sum(cache_read), 0), coalesce(sum(web_searches), 0), coalesce(sum(cost), 0),
        coalesce(sum(unpriced), 0), coalesce(sum(charged), 0)
        """;

    private static readonly DateOnly Epoch = new(1970, 1, 1);

    public Task AppendAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => Append(connection, records), cancellationToken);

    public Task<IReadOnlyList<UsageGroup>> SumAsync(UsageFilter filter, UsageGrouping? grouping, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<UsageGroup>>(connection => Sum(connection, filter, grouping), cancellationToken);

    public Task<IReadOnlyList<UsageRecord>> ListAsync(UsageFilter filter, UsagePosition? before, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<UsageRecord>>(connection => List(connection, filter, before, limit), cancellationToken);

    private static bool Append(PreparedConnection connection, IReadOnlyList<UsageRecord> records)
    {
        foreach (var record in records)
        {
            if (TryInsert(connection, record))
            {
                AddToDay(connection, record);
            }
        }

        return true;
    }

    private static bool TryInsert(PreparedConnection connection, UsageRecord record) =>
        connection.Execute(
            """
            INSERT INTO usage (id, at, owner, session_id, model, input_tokens, output_tokens, cache_write, long_cache_write, cache_read, web_searches, cost, charged, status, is_cut)
            VALUES ($id, $at, $owner, $session, $model, $input, $output, $write, $long, $read, $searches, $cost, $charged, $status, $cut)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                ("$id", record.Id.ToString()), ("$at", record.At.ToColumn()), .. Common(record),
                ("$cost", record.CostUsd is { } cost ? Money.ToMicros(cost) : null), ("$status", record.Status), ("$cut", record.IsCut),
            ]) == 1;

    private static void AddToDay(PreparedConnection connection, UsageRecord record) =>
        connection.Execute(
            """
            INSERT INTO usage_days (owner, day, session_id, model, requests, unpriced, input_tokens, output_tokens, cache_write, long_cache_write, cache_read, web_searches, cost, charged)
            VALUES ($owner, $day, $session, $model, 1, $unpriced, $input, $output, $write, $long, $read, $searches, $cost, $charged)
            ON CONFLICT (owner, day, session_id, model) DO UPDATE SET
                requests = requests + 1, unpriced = unpriced + $unpriced, input_tokens = input_tokens + $input, output_tokens = output_tokens + $output,
                cache_write = cache_write + $write, long_cache_write = long_cache_write + $long, cache_read = cache_read + $read,
                web_searches = web_searches + $searches, cost = cost + $cost, charged = charged + $charged
            """,
            [
                ("$day", DayOf(DateOnly.FromDateTime(record.At.UtcDateTime))), .. Common(record),
                ("$cost", Money.ToMicros(record.CostUsd ?? 0)), ("$unpriced", record.CostUsd is null),
            ]);

    private static (string Name, object? Value)[] Common(UsageRecord record) =>
    [
        ("$owner", record.Owner.ToString()),
        ("$session", record.Session.ToString()),
        ("$model", record.Model),
        ("$input", record.Usage.InputTokens),
        ("$output", record.Usage.OutputTokens),
        ("$write", record.Usage.CacheWriteTokens),
        ("$long", record.Usage.LongCacheWriteTokens),
        ("$read", record.Usage.CacheReadTokens),
        ("$searches", record.Usage.WebSearches),
        ("$charged", Money.ToMicros(record.ChargedUsd)),
    ];

    private static List<UsageGroup> Sum(PreparedConnection connection, UsageFilter filter, UsageGrouping? grouping)
    {
        var column = grouping switch
        {
            null => null,
            UsageGrouping.Day => "day",
            UsageGrouping.Model => "model",
            UsageGrouping.Session => "session_id",
            _ => "owner",
        };
        var order = grouping is UsageGrouping.Day ? "day" : "sum(charged) DESC, 1";
        var sql = column is null
            ? $"SELECT '', {Sums} FROM usage_days {Where(filter)}"
            : $"SELECT {column}, {Sums} FROM usage_days {Where(filter)} GROUP BY {column} ORDER BY {order} LIMIT {IUsageStore.MaxGroups}";
        return connection.Query(sql, row => ReadGroup(row, grouping), Arguments(filter));
    }

    private static List<UsageRecord> List(PreparedConnection connection, UsageFilter filter, UsagePosition? before, int limit) =>
        connection.Query(
            $"""
            SELECT id, at, owner, session_id, model, input_tokens, output_tokens, cache_write, long_cache_write, cache_read, web_searches, cost, charged, status, is_cut
            FROM (SELECT *, at / {TimeSpan.TicksPerDay} AS day FROM usage WHERE (at, id) < ($at, $id)) {Where(filter)}
            ORDER BY at DESC, id DESC LIMIT $limit
            """,
            ReadRecord,
            [.. Arguments(filter), ("$at", before is { } last ? last.At.ToColumn() : long.MaxValue), ("$id", before?.Id.ToString() ?? ""), ("$limit", limit)]);

    // Only the conditions that there are, so that an index is found for them.
    private static string Where(UsageFilter filter)
    {
        List<string> conditions = [];
        if (filter.Owner is not null)
        {
            conditions.Add("owner = $owner");
        }

        if (filter.Session is not null)
        {
            conditions.Add("session_id = $session");
        }

        if (filter.From is not null)
        {
            conditions.Add("day >= $from");
        }

        if (filter.To is not null)
        {
            conditions.Add("day <= $to");
        }

        return conditions.Count > 0 ? $"WHERE {string.Join(" AND ", conditions)}" : "";
    }

    private static (string Name, object? Value)[] Arguments(UsageFilter filter)
    {
        List<(string, object?)> arguments = [];
        if (filter.Owner is { } owner)
        {
            arguments.Add(("$owner", owner.ToString()));
        }

        if (filter.Session is { } session)
        {
            arguments.Add(("$session", session.ToString()));
        }

        if (filter.From is { } from)
        {
            arguments.Add(("$from", DayOf(from)));
        }

        if (filter.To is { } to)
        {
            arguments.Add(("$to", DayOf(to)));
        }

        return [.. arguments];
    }

    private static UsageGroup ReadGroup(SqliteDataReader row, UsageGrouping? grouping) => new(
        grouping == UsageGrouping.Day ? Epoch.AddDays(row.GetInt32(0)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : row.GetString(0),
        row.GetInt64(1),
        ReadUsage(row, 2),
        Money.FromMicros(row.GetInt64(8)),
        row.GetInt64(9),
        Money.FromMicros(row.GetInt64(10)));

    private static UsageRecord ReadRecord(SqliteDataReader row) => new(
        row.GetId(0),
        row.GetTime(1),
        new SessionId(row.GetId(3)),
        new UserId(row.GetId(2)),
        row.GetString(4),
        ReadUsage(row, 5),
        row.IsDBNull(11) ? null : Money.FromMicros(row.GetInt64(11)),
        Money.FromMicros(row.GetInt64(12)),
        row.GetInt32(13),
        row.GetBoolean(14));

    private static ApiUsage ReadUsage(SqliteDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetInt64(first + 1),
        row.GetInt64(first + 2),
        row.GetInt64(first + 3),
        row.GetInt64(first + 4),
        row.GetInt64(first + 5));

    private static int DayOf(DateOnly day) => day.DayNumber - Epoch.DayNumber;
}
