using System.Collections.Concurrent;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>How often things happened in the schedules: a schedule in which nothing goes wrong proves nothing.</summary>
internal sealed class DeliveryCounts
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int this[string what] => _counts.GetValueOrDefault(what);

    public void Add(string what, int count = 1) => _counts.AddOrUpdate(what.Split(' ') is ["says", ..] ? "says" : what, count, (_, before) => before + count);

    public override string ToString() => string.Join(", ", _counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}: {c.Value}"));
}
