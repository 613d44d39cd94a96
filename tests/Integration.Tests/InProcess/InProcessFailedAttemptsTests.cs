using Claudy.Application.Authentication.Ports;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessFailedAttemptsTests : FailedAttemptsContract
{
    private static readonly AttemptLimits Limits = new(1, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15));

    private readonly FakeTimeProvider _time = new();
    private readonly InProcessFailedAttempts _attempts;

    public InProcessFailedAttemptsTests() => _attempts = new InProcessFailedAttempts(_time, capacity: 100);

    protected override IFailedAttempts Attempts => _attempts;

    protected override Task ElapseAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task FailAsync_WhenThereAreVeryManyKeys_ShouldKeepThoseThatFailedLast()
    {
        for (var i = 0; i < 1000; i++)
        {
            await _attempts.FailAsync($"key {i}", Limits, default);
        }

        _attempts.Count.ShouldBe(100);
        (await _attempts.FailAsync("key 950", Limits, default)).Failures.ShouldBe(2);
    }

    [Fact]
    public async Task FailAsync_WhenOthersAreForgotten_ShouldTakeNoMemoryForThem()
    {
        for (var i = 0; i < 50; i++)
        {
            await _attempts.FailAsync($"key {i}", Limits, default);
        }

        _time.Advance(TimeSpan.FromMinutes(15));
        for (var i = 0; i < 25; i++)
        {
            await _attempts.FailAsync($"new {i}", Limits, default);
        }

        _attempts.Count.ShouldBe(25);
    }

    [Fact]
    public async Task FailAsync_WhenSomebodyGuessesAllDay_ShouldHearFewOfTheirGuesses()
    {
        var heard = 0;
        var limits = new AttemptLimits(10, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15));
        var end = _time.GetUtcNow().AddDays(1);
        while (_time.GetUtcNow() < end)
        {
            if (await _attempts.BeginAsync("key", limits, default) is { Ticks: > 0 } wait)
            {
                _time.Advance(wait);
                continue;
            }

            heard++;
            await _attempts.FailAsync("key", limits, default);
        }

        heard.ShouldBeInRange(290, 310);
    }
}
