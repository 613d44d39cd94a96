using System.Collections.Concurrent;
using System.Globalization;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Usage;

namespace Claudy.Application.Tests.Support;

/// <summary>Usage in memory.</summary>
internal sealed class InMemoryUsage : IUsageStore
{
    private readonly ConcurrentDictionary<Guid, UsageRecord> _records = new();

    /// <summary>Makes the store unreachable.</summary>
    public bool IsBroken { get; set; }

    public IReadOnlyList<UsageRecord> Records => [.. _records.Values.OrderBy(r => r.At).ThenBy(r => r.Id)];

    public Task AppendAsync(IReadOnlyList<UsageRecord> records, CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            throw new StoreUnavailableException("The store is broken.", new InvalidOperationException("As the test wants it."));
        }

        foreach (var record in records)
        {
            _records.TryAdd(record.Id, record);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<UsageGroup>> SumAsync(UsageFilter filter, UsageGrouping? grouping, CancellationToken cancellationToken)
    {
        var found = Records.Where(r => Fits(r, filter)).ToList();
        return Task.FromResult<IReadOnlyList<UsageGroup>>(grouping is { } by
            ? [.. found.GroupBy(r => KeyOf(r, by), StringComparer.Ordinal).Select(group => Sum(group.Key, group))]
            : [Sum("", found)]);
    }

    public Task<IReadOnlyList<UsageRecord>> ListAsync(UsageFilter filter, UsagePosition? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<UsageRecord>>(
            [.. Records.Where(r => Fits(r, filter)).Reverse().SkipWhile(r => before is { } last && r.Id != last.Id).Skip(before is null ? 0 : 1).Take(limit)]);

    private static bool Fits(UsageRecord record, UsageFilter filter) =>
        (filter.Owner is null || filter.Owner == record.Owner)
        && (filter.Session is null || filter.Session == record.Session)
        && (filter.From is null || filter.From <= DayOf(record))
        && (filter.To is null || filter.To >= DayOf(record));

    private static DateOnly DayOf(UsageRecord record) => DateOnly.FromDateTime(record.At.UtcDateTime);

    private static string KeyOf(UsageRecord record, UsageGrouping grouping) => grouping switch
    {
        UsageGrouping.Day => DayOf(record).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        UsageGrouping.Model => record.Model,
        UsageGrouping.Session => record.Session.ToString(),
        _ => record.Owner.ToString(),
    };

    private static UsageGroup Sum(string key, IEnumerable<UsageRecord> records)
    {
        var all = records.ToList();
        return new UsageGroup(
            key,
            all.Count,
            all.Aggregate(default(ApiUsage), (sum, r) => sum + r.Usage),
            all.Sum(r => r.CostUsd ?? 0),
            all.Count(r => r.CostUsd is null),
            all.Sum(r => r.ChargedUsd));
    }
}
