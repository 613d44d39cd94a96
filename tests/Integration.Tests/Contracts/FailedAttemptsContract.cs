using Claudy.Application.Authentication.Ports;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every store of failed attempts must do.</summary>
public abstract class FailedAttemptsContract
{
    private static readonly AttemptLimits Limits = new(
        Free: 2, FirstWait: TimeSpan.FromSeconds(1), MaxWait: TimeSpan.FromSeconds(3), ForgetAfter: TimeSpan.FromSeconds(4));

    private readonly string _key = Guid.NewGuid().ToString();

    protected abstract IFailedAttempts Attempts { get; }

    /// <summary>Returns when so much time has gone by for the store.</summary>
    protected abstract Task ElapseAsync(TimeSpan time);

    [Fact]
    public async Task FailAsync_WhenFailuresAreFree_ShouldMakeNobodyWait()
    {
        await FailAsync();
        var second = await FailAsync();

        second.ShouldBe(new FailedAttempt(2, TimeSpan.Zero, IsNew: false));
        (await BeginAsync()).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task FailAsync_WhenThereAreMore_ShouldMakeTheNextWaitTwiceAsLongEachTime()
    {
        await FailAsync();
        await FailAsync();
        List<TimeSpan> waits = [];
        for (var i = 0; i < 4; i++)
        {
            var failed = await FailAsync();
            failed.IsNew.ShouldBeTrue();
            (await BeginAsync()).ShouldBeInRange(failed.Wait * 0.5, failed.Wait);
            waits.Add(failed.Wait);
            await ElapseAsync(failed.Wait);
        }

        waits.Select(wait => wait.TotalSeconds).ShouldBe([1, 2, 3, 3]);
    }

    [Fact]
    public async Task FailAsync_WhenThereIsAWaitAlready_ShouldNotMakeItLonger()
    {
        await FailTimesAsync(3);

        var during = await FailAsync();

        during.IsNew.ShouldBeFalse();
        during.Failures.ShouldBe(3);
        during.Wait.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task BeginAsync_WhenTheWaitIsOver_ShouldHearOneOnly()
    {
        await FailTimesAsync(3);
        await ElapseAsync(TimeSpan.FromSeconds(1.1));

        var heard = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await BeginAsync())));

        heard.Count(wait => wait == TimeSpan.Zero).ShouldBe(1);
    }

    [Fact]
    public async Task SucceedAsync_WhenOneWasHeard_ShouldHearTheNextAtOnceAndForgiveNothing()
    {
        await FailTimesAsync(3);
        await ElapseAsync(TimeSpan.FromSeconds(1.1));
        await BeginAsync();

        await Attempts.SucceedAsync(_key, default);

        (await BeginAsync()).ShouldBe(TimeSpan.Zero);
        (await FailAsync()).ShouldBe(new FailedAttempt(4, TimeSpan.FromSeconds(2), IsNew: true));
    }

    [Fact]
    public async Task SucceedAsync_WhenSomebodyWaits_ShouldNotEndTheWait()
    {
        await FailTimesAsync(3);

        await Attempts.SucceedAsync(_key, default);

        (await BeginAsync()).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task FailAsync_WhenTheLastWasLongAgo_ShouldCountFromOne()
    {
        await FailTimesAsync(3);

        await ElapseAsync(TimeSpan.FromSeconds(5.1));

        (await FailAsync()).Failures.ShouldBe(1);
    }

    [Fact]
    public async Task BeginAsync_WhenAnotherKeyFailed_ShouldBeHeard()
    {
        await FailTimesAsync(3);

        (await Attempts.BeginAsync(_key + "-other", Limits, default)).ShouldBe(TimeSpan.Zero);
    }

    private ValueTask<TimeSpan> BeginAsync() => Attempts.BeginAsync(_key, Limits, default);

    private ValueTask<FailedAttempt> FailAsync() => Attempts.FailAsync(_key, Limits, default);

    private async Task FailTimesAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await FailAsync();
        }
    }
}
