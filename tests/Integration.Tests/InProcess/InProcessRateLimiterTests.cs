using Claudy.Application.Users.Ports;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessRateLimiterTests : RateLimiterContract
{
    private static readonly RateLimit Limit = new(PerSecond: 1, Burst: 1);

    private readonly FakeTimeProvider _time = new();
    private readonly InProcessRateLimiter _limiter;

    public InProcessRateLimiterTests() => _limiter = new InProcessRateLimiter(_time, capacity: 100);

    protected override IRateLimiter Limiter => _limiter;

    protected override Task ElapseAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task TakeAsync_WhenThereAreVeryManyKeys_ShouldKeepThoseUsedLast()
    {
        for (var i = 0; i < 1000; i++)
        {
            await _limiter.TakeAsync($"key {i}", Limit, default);
        }

        _limiter.Count.ShouldBe(100);
        (await _limiter.TakeAsync("key 999", Limit, default)).ShouldBeGreaterThan(TimeSpan.Zero);
        (await _limiter.TakeAsync("key 900", Limit, default)).ShouldBeGreaterThan(TimeSpan.Zero);
        (await _limiter.TakeAsync("key 0", Limit, default)).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task TakeAsync_WhenBucketsAreFullAgain_ShouldForgetThem()
    {
        for (var i = 0; i < 50; i++)
        {
            await _limiter.TakeAsync($"key {i}", Limit, default);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 25; i++)
        {
            await _limiter.TakeAsync($"new {i}", Limit, default);
        }

        _limiter.Count.ShouldBe(25);
    }
}
