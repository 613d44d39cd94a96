using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every store of usage must do.</summary>
public abstract class UsageStoreContract
{
    private static readonly DateOnly First = new(2026, 3, 1);

    protected abstract IUsageStore Store { get; }

    [Fact]
    public async Task SumAsync_WhenThereIsNothing_ShouldBeOneSumOfZero()
    {
        var sum = await Store.SumAsync(new UsageFilter(TestSessions.NewUser(), null, null, null), null, default);

        sum.ShouldBe([new UsageGroup("", 0, default, 0, 0, 0)]);
        (await Store.SumAsync(new UsageFilter(TestSessions.NewUser(), null, null, null), UsageGrouping.Day, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task SumAsync_ShouldAddUpEveryFigure()
    {
        var user = TestSessions.NewUser();
        await Store.AppendAsync([Record(user, cost: 0.000001m), Record(user, cost: null), Record(user, cost: 2)], default);

        var sum = (await Store.SumAsync(new UsageFilter(user, null, null, null), null, default)).Single();

        sum.ShouldBe(new UsageGroup("", 3, new ApiUsage(3, 6, 9, 12, 15, 18), 2.000001m, 1, 1.5m));
    }

    [Fact]
    public async Task AppendAsync_WhenARecordIsThereAlready_ShouldCountItOnce()
    {
        var user = TestSessions.NewUser();
        var record = Record(user, cost: 1);

        await Store.AppendAsync([record, record], default);
        await Store.AppendAsync([record], default);

        (await Store.SumAsync(new UsageFilter(user, null, null, null), null, default)).Single().Requests.ShouldBe(1);
        (await Store.ListAsync(new UsageFilter(user, null, null, null), null, 10, default)).ShouldBe([record]);
    }

    [Fact]
    public async Task SumAsync_WhenGrouped_ShouldHaveOneSumForEach()
    {
        var user = TestSessions.NewUser();
        var (one, other) = (TestSessions.NewId(), TestSessions.NewId());
        await Store.AppendAsync(
            [
                Record(user, session: one, model: "a", day: 0, charged: 1),
                Record(user, session: one, model: "b", day: 1, charged: 5),
                Record(user, session: other, model: "b", day: 1, charged: 3),
                Record(TestSessions.NewUser(), session: TestSessions.NewId(), model: "c", day: 1, charged: 7),
            ],
            default);
        async Task<IReadOnlyList<(string, decimal)>> By(UsageGrouping grouping) =>
            [.. (await Store.SumAsync(new UsageFilter(user, null, null, null), grouping, default)).Select(g => (g.Key, g.ChargedUsd))];

        (await By(UsageGrouping.Day)).ShouldBe([("2026-03-01", 1m), ("2026-03-02", 8m)]);
        (await By(UsageGrouping.Model)).ShouldBe([("b", 8m), ("a", 1m)]);
        (await By(UsageGrouping.Session)).ShouldBe([(one.ToString(), 6m), (other.ToString(), 3m)]);
        (await By(UsageGrouping.User)).ShouldBe([(user.ToString(), 9m)]);
    }

    [Fact]
    public async Task Filter_ShouldBoundDaysSessionsAndUsers()
    {
        var (user, stranger) = (TestSessions.NewUser(), TestSessions.NewUser());
        var session = TestSessions.NewId();
        await Store.AppendAsync(
            [
                Record(user, session: session, day: 0, charged: 1),
                Record(user, session: session, day: 1, charged: 2),
                Record(user, day: 2, charged: 4),
                Record(stranger, day: 1, charged: 8),
            ],
            default);
        async Task<decimal> Charged(UsageFilter filter) => (await Store.SumAsync(filter, null, default)).Single().ChargedUsd;

        (await Charged(new UsageFilter(user, null, null, null))).ShouldBe(7);
        (await Charged(new UsageFilter(user, null, First.AddDays(1), null))).ShouldBe(6);
        (await Charged(new UsageFilter(user, null, First, First.AddDays(1)))).ShouldBe(3);
        (await Charged(new UsageFilter(null, session, null, null))).ShouldBe(3);
        (await Charged(new UsageFilter(stranger, session, null, null))).ShouldBe(0);
        (await Store.ListAsync(new UsageFilter(user, null, First.AddDays(1), First.AddDays(1)), null, 10, default)).Single().ChargedUsd.ShouldBe(2);
    }

    [Fact]
    public async Task ListAsync_ShouldGiveTheNewestFirst_WithEveryField()
    {
        var user = TestSessions.NewUser();
        var records = Enumerable.Range(0, 5).Select(day => Record(user, day: day, cost: day == 2 ? null : 0.25m)).ToList();
        await Store.AppendAsync(records, default);

        var listed = await Store.ListAsync(new UsageFilter(user, null, null, null), null, 3, default);

        listed.ShouldBe(records.AsEnumerable().Reverse().Take(3));
    }

    [Fact]
    public async Task AppendAsync_WhenManyComeAtOnce_ShouldLoseNone()
    {
        var user = TestSessions.NewUser();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Store.AppendAsync([Record(user, charged: 0.000001m)], default)));

        (await Store.SumAsync(new UsageFilter(user, null, null, null), null, default)).Single().ChargedUsd.ShouldBe(0.0002m);
    }

    private static UsageRecord Record(
        UserId user, SessionId? session = null, string model = "claude-x", int day = 0, decimal? cost = 1, decimal charged = 0.5m) => new(
        Guid.CreateVersion7(TestSessions.Now.AddDays(day)),
        TestSessions.Now.AddDays(day),
        session ?? TestSessions.NewId(),
        user,
        model,
        new ApiUsage(1, 2, 3, 4, 5, 6),
        cost,
        charged,
        200,
        IsCut: true);
}
