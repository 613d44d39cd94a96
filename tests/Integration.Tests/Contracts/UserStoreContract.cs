using Claudy.Application.Users.Ports;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every user store must do.</summary>
public abstract class UserStoreContract
{
    protected abstract IUserStore Store { get; }

    [Fact]
    public async Task FindAsync_WhenThereIsNone_ShouldBeNull() =>
        (await Store.FindAsync(TestSessions.NewUser(), default)).ShouldBeNull();

    [Fact]
    public async Task FindOrAddAsync_WhenTheNameIsNew_ShouldAddAUser()
    {
        var added = await Store.FindOrAddAsync("ada", TestSessions.Now, default);

        added.Username.ShouldBe("ada");
        added.CreatedAt.ShouldBe(TestSessions.Now);
        (await Store.FindAsync(added.Id, default)).ShouldBe(added);
    }

    [Fact]
    public async Task FindOrAddAsync_WhenTheNameIsKnown_ShouldGiveTheSameUser()
    {
        var first = await Store.FindOrAddAsync("grace", TestSessions.Now, default);

        var second = await Store.FindOrAddAsync("grace", TestSessions.Now.AddDays(1), default);

        second.ShouldBe(first);
    }

    [Fact]
    public async Task FindOrAddAsync_WhenTwoNamesDiffer_ShouldGiveTwoUsers()
    {
        var one = await Store.FindOrAddAsync("one", TestSessions.Now, default);
        var two = await Store.FindOrAddAsync("two", TestSessions.Now, default);

        two.Id.ShouldNotBe(one.Id);
    }

    [Fact]
    public async Task FindOrAddAsync_WhenManyAskForOneNameAtOnce_ShouldGiveOneUser()
    {
        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Store.FindOrAddAsync("racer", TestSessions.Now, default))));

        users.Distinct().Count().ShouldBe(1);
    }
}
