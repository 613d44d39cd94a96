using Claudy.Domain.Usage;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Usage;

public sealed class PriceTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("claude-*", "claude-opus-4-8", true)]
    [InlineData("CLAUDE-*", "claude-opus-4-8", true)]
    [InlineData("claude-*-4-8", "claude-opus-4-8", true)]
    [InlineData("*opus*", "claude-opus-4-8", true)]
    [InlineData("*-4-*-8", "a-4-4-8-8", true)]
    [InlineData("claude-opus", "claude-opus-4-8", false)]
    [InlineData("opus-4-8", "claude-opus-4-8", false)]
    [InlineData("claude.opus*", "claude-opus-4-8", false)]
    public void Matches_ShouldTakeStarsForAnythingAndAllElseForItself(string pattern, string model, bool expected) =>
        ModelPattern.Matches(pattern, model).ShouldBe(expected);

    // Of the first four the pinned Claude Code reckons the same (measured).
    [Theory]
    [InlineData("claude-opus-4-8", 5, 25)]
    [InlineData("claude-opus-4-5-20251101", 5, 25)]
    [InlineData("claude-sonnet-4-6", 3, 15)]
    [InlineData("claude-haiku-4-5", 1, 5)]
    [InlineData("claude-opus-4-1-20250805", 15, 75)]
    [InlineData("claude-opus-4-20250514", 15, 75)]
    public void Find_WhenAFamilyIsKnown_ShouldHaveItsPrice(string model, int input, int output)
    {
        var price = new PriceList([]).Find(model)!;

        price.Input.ShouldBe(input);
        price.Output.ShouldBe(output);
    }

    [Fact]
    public void Find_WhenNothingFits_ShouldHaveNone() => new PriceList([]).Find("another-model").ShouldBeNull();

    [Fact]
    public void Find_WhenThereIsAnOverride_ShouldPreferIt() =>
        new PriceList([("claude-opus-*", new ModelPrice(1, 2))]).Find("claude-opus-4-8")!.Output.ShouldBe(2);

    [Fact]
    public void CostOf_ShouldAddUpEveryKindOfToken()
    {
        var price = new ModelPrice(5, 25);

        price.CostOf(new ApiUsage(100_000, 0, 0, 0, 0, 0)).ShouldBe(0.5m);
        price.CostOf(new ApiUsage(0, 100_000, 0, 0, 0, 0)).ShouldBe(2.5m);
        price.CostOf(new ApiUsage(0, 0, 100_000, 0, 0, 0)).ShouldBe(0.625m);
        price.CostOf(new ApiUsage(0, 0, 0, 100_000, 0, 0)).ShouldBe(1);
        price.CostOf(new ApiUsage(0, 0, 0, 0, 100_000, 0)).ShouldBe(0.05m);
        price.CostOf(new ApiUsage(0, 0, 0, 0, 0, 100)).ShouldBe(1);
        price.CostOf(new ApiUsage(100_000, 100_000, 100_000, 100_000, 100_000, 100)).ShouldBe(5.675m);
    }

    [Fact]
    public void CostOf_ShouldBeWholeMillionths_AndExactBothWays()
    {
        var cost = new ModelPrice(0.25m, 1.25m).CostOf(new ApiUsage(3, 7, 0, 0, 0, 0));

        cost.ShouldBe(0.00001m);
        Money.FromMicros(Money.ToMicros(cost)).ShouldBe(cost);
    }
}
