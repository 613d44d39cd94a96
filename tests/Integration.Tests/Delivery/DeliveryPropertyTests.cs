using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace Claudy.Integration.Tests.Delivery;

/// <summary>
/// Whatever dies, and in whatever order: no event is lost, doubled or out of place, for any client. More schedules with
/// <c>CLAUDY_TEST_SCHEDULES=500</c>; one again with <c>CLAUDY_TEST_SEED</c>.
/// </summary>
public sealed class DeliveryPropertyTests(ITestOutputHelper output)
{
    private const int Schedules = 15;

    [Fact]
    public async Task Session_WhateverDies_ShouldShowEveryClientExactlyItsLog()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("CLAUDY_TEST_SEED"), out var one))
        {
            await DeliverySchedule.RunAsync(one);
            return;
        }

        var schedules = int.TryParse(Environment.GetEnvironmentVariable("CLAUDY_TEST_SCHEDULES"), out var more) ? more : Schedules;
        var property = Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => DeliverySchedule.RunAsync(seed).GetAwaiter().GetResult());

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(schedules), property);

        output.WriteLine(DeliverySchedule.Counts.ToString());
        DeliverySchedule.Counts["events"].ShouldBeGreaterThan(100 * schedules / 8);
        DeliverySchedule.Counts["texts from pieces"].ShouldBeGreaterThan(0);
    }
}
