using Claudy.Application.Users.Ports;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every connection limiter must do.</summary>
public abstract class ConnectionLimiterContract
{
    private readonly UserId _user = TestSessions.NewUser();

    protected abstract IConnectionLimiter Limiter { get; }

    [Fact]
    public async Task TryEnterAsync_WhenTheLimitIsReached_ShouldBeNull()
    {
        await Enter();
        await Enter();

        (await Limiter.TryEnterAsync(_user, 2, default)).ShouldBeNull();
    }

    [Fact]
    public async Task TryEnterAsync_WhenOneHasLeft_ShouldLetAnotherIn()
    {
        await Enter();
        var second = await Enter();

        await second.DisposeAsync();

        (await Limiter.TryEnterAsync(_user, 2, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task DisposeAsync_WhenCalledTwice_ShouldCountOnce()
    {
        await Enter();
        var second = await Enter();

        await second.DisposeAsync();
        await second.DisposeAsync();

        await Enter();
        (await Limiter.TryEnterAsync(_user, 2, default)).ShouldBeNull();
    }

    [Fact]
    public async Task TryEnterAsync_WhenAnotherUserIsFull_ShouldLetThisOneIn()
    {
        (await Limiter.TryEnterAsync(TestSessions.NewUser(), 1, default)).ShouldNotBeNull();

        (await Limiter.TryEnterAsync(_user, 1, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task TryEnterAsync_WhenManyTryAtOnce_ShouldLetInAsManyAsTheLimit()
    {
        var entered = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Limiter.TryEnterAsync(_user, 3, default))));

        entered.Count(place => place is not null).ShouldBe(3);
    }

    private async Task<IAsyncDisposable> Enter() => (await Limiter.TryEnterAsync(_user, 2, default)).ShouldNotBeNull();
}
