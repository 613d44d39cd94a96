using Claudy.Application.Authentication.Ports;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessOneTimeStoreTests : OneTimeStoreContract
{
    private readonly FakeTimeProvider _time = new();
    private readonly InProcessOneTimeStore _store;

    public InProcessOneTimeStoreTests() => _store = new InProcessOneTimeStore(_time);

    protected override IOneTimeStore Store => _store;

    protected override Task ElapseAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task PutAsync_WhenOthersHaveRunOut_ShouldForgetThem()
    {
        for (var i = 0; i < 100; i++)
        {
            await _store.PutAsync($"key {i}", "value", TimeSpan.FromMinutes(10), default);
        }

        _time.Advance(TimeSpan.FromMinutes(10));
        await _store.PutAsync("one more", "value", TimeSpan.FromMinutes(10), default);

        _store.Count.ShouldBe(1);
    }

    [Fact]
    public async Task PutAsync_WhenItIsFull_ShouldLetGoOfWhatRunsOutFirst()
    {
        var small = new InProcessOneTimeStore(_time, capacity: 3);
        await small.PutAsync("soon", "value", TimeSpan.FromMinutes(1), default);
        for (var i = 0; i < 3; i++)
        {
            await small.PutAsync($"later {i}", "value", TimeSpan.FromMinutes(10), default);
        }

        small.Count.ShouldBe(3);
        (await small.TakeAsync("soon", default)).ShouldBeNull();
        (await small.TakeAsync("later 2", default)).ShouldBe("value");
    }
}
