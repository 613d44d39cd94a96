using Claudy.Application.Authentication.Ports;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every one-time store must do.</summary>
public abstract class OneTimeStoreContract
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private readonly string _key = Guid.NewGuid().ToString();

    protected abstract IOneTimeStore Store { get; }

    /// <summary>Returns when so much time has gone by for the store.</summary>
    protected abstract Task ElapseAsync(TimeSpan time);

    [Fact]
    public async Task TakeAsync_WhenTakenTwice_ShouldGiveTheValueOnce()
    {
        await Store.PutAsync(_key, "value", Lifetime, default);

        (await Store.TakeAsync(_key, default)).ShouldBe("value");
        (await Store.TakeAsync(_key, default)).ShouldBeNull();
    }

    [Fact]
    public async Task TakeAsync_WhenManyTakeAtOnce_ShouldGiveItToOne()
    {
        await Store.PutAsync(_key, "value", Lifetime, default);

        var taken = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Store.TakeAsync(_key, default))));

        taken.Count(value => value == "value").ShouldBe(1);
        taken.Count(value => value is null).ShouldBe(49);
    }

    [Fact]
    public async Task TakeAsync_WhenNothingWasPut_ShouldBeNull() =>
        (await Store.TakeAsync(_key, default)).ShouldBeNull();

    [Fact]
    public async Task TakeAsync_WhenTheLifetimeIsOver_ShouldBeNull()
    {
        await Store.PutAsync(_key, "value", Lifetime, default);

        await ElapseAsync(Lifetime);

        (await Store.TakeAsync(_key, default)).ShouldBeNull();
    }

    [Fact]
    public async Task TakeAsync_WhenTheLifetimeIsNotOver_ShouldGiveTheValue()
    {
        await Store.PutAsync(_key, "value", Lifetime, default);

        await ElapseAsync(Lifetime / 2);

        (await Store.TakeAsync(_key, default)).ShouldBe("value");
    }

    [Fact]
    public async Task PutAsync_WhenTheKeyIsThere_ShouldReplaceValueAndLifetime()
    {
        await Store.PutAsync(_key, "old", Lifetime, default);
        await Store.PutAsync(_key, "new", Lifetime * 3, default);

        await ElapseAsync(Lifetime);
        await Store.PutAsync(_key + "-other", "value", Lifetime, default);

        (await Store.TakeAsync(_key, default)).ShouldBe("new");
    }
}
