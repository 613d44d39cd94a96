using Claudy.Application.Users.Ports;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every rate limiter must do.</summary>
public abstract class RateLimiterContract
{
    private static readonly RateLimit Limit = new(PerSecond: 0.5, Burst: 3);

    private readonly string _key = Guid.NewGuid().ToString();

    protected abstract IRateLimiter Limiter { get; }

    /// <summary>Returns when so much time has gone by for the limiter.</summary>
    protected abstract Task ElapseAsync(TimeSpan time);

    [Fact]
    public async Task TakeAsync_WhenTheBucketIsEmpty_ShouldTellHowLongToWait()
    {
        await TakeAsync(3);

        var wait = await Limiter.TakeAsync(_key, Limit, default);

        wait.ShouldBeGreaterThan(TimeSpan.FromSeconds(1.5));
        wait.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task TakeAsync_WhenItWasWaitedFor_ShouldGiveOneMore()
    {
        await TakeAsync(3);

        await ElapseAsync(TimeSpan.FromSeconds(2.1));

        (await Limiter.TakeAsync(_key, Limit, default)).ShouldBe(TimeSpan.Zero);
        (await Limiter.TakeAsync(_key, Limit, default)).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task TakeAsync_WhenItWasRefused_ShouldNotMakeTheWaitLonger()
    {
        await TakeAsync(3);
        for (var i = 0; i < 100; i++)
        {
            await Limiter.TakeAsync(_key, Limit, default);
        }

        (await Limiter.TakeAsync(_key, Limit, default)).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task TakeAsync_WhenNobodyAskedForLong_ShouldGiveNoMoreThanTheBurst()
    {
        await TakeAsync(1);

        await ElapseAsync(TimeSpan.FromSeconds(6.1));

        await TakeAsync(3);
        (await Limiter.TakeAsync(_key, Limit, default)).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task TakeAsync_WhenAnotherKeyIsEmpty_ShouldGive()
    {
        await TakeAsync(3);

        (await Limiter.TakeAsync(_key + "-other", Limit, default)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task TakeAsync_WhenManyAskAtOnce_ShouldGiveTheBurst()
    {
        var waits = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await Limiter.TakeAsync(_key, Limit, default))));

        waits.Count(wait => wait == TimeSpan.Zero).ShouldBe(3);
    }

    private async Task TakeAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            (await Limiter.TakeAsync(_key, Limit, default)).ShouldBe(TimeSpan.Zero);
        }
    }
}
