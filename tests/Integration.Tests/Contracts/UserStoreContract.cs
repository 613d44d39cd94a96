using Claudy.Application.Users.Ports;
using Claudy.Domain.Users;
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

    [Theory]
    [InlineData(User.LocalUsername, UserRole.Admin)]
    [InlineData("hedy", UserRole.User)]
    public async Task FindOrAddAsync_ShouldMakeTheLocalUserAloneAnAdmin(string username, UserRole role) =>
        (await Store.FindOrAddAsync(username, TestSessions.Now, default)).Role.ShouldBe(role);

    [Fact]
    public async Task FindByNameAsync_ShouldNotMindTheCase()
    {
        var added = await Store.FindOrAddAsync("Joan", TestSessions.Now, default);

        (await Store.FindByNameAsync("jOAN", default)).ShouldBe(added);
        (await Store.FindByNameAsync("joa", default)).ShouldBeNull();
    }

    [Fact]
    public async Task RecordAsync_WhenTheAccountIsNew_ShouldAddAUserWithAllThatIsKnown()
    {
        var identity = NewIdentity();
        var profile = new UserProfile("Ada Lovelace", "ada@ada.example", "https://avatars.example/1");

        var added = await Store.RecordAsync(Seen(identity, $"ada-{identity.Subject}", UserRole.Admin, profile, TestSessions.Now), default);

        added.ShouldBe(new User(added.Id, $"ada-{identity.Subject}", TestSessions.Now) { Role = UserRole.Admin, Identity = identity, Profile = profile });
        (await Store.FindAsync(added.Id, default)).ShouldBe(added);
    }

    [Fact]
    public async Task RecordAsync_WhenTheAccountIsKnown_ShouldBringItUpToDate()
    {
        var identity = NewIdentity();
        var first = await Store.RecordAsync(Seen(identity, $"old-{identity.Subject}", UserRole.Admin, new UserProfile("Old", "old@ada.example", null), TestSessions.Now), default);

        var second = await Store.RecordAsync(Seen(identity, $"new-{identity.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now.AddDays(1)), default);

        second.ShouldBe(first with { Username = $"new-{identity.Subject}", Role = UserRole.User, Profile = UserProfile.Empty });
        (await Store.FindAsync(first.Id, default)).ShouldBe(second);
    }

    [Fact]
    public async Task RecordAsync_WhenTheNumberIsAnotherIssuers_ShouldAddAnotherUser()
    {
        var identity = NewIdentity();
        var one = await Store.RecordAsync(Seen(identity, $"one-{identity.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now), default);

        var other = await Store.RecordAsync(
            Seen(identity with { Issuer = "github.example" }, $"other-{identity.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now), default);

        other.Id.ShouldNotBe(one.Id);
    }

    [Fact]
    public async Task RecordAsync_WhenAnotherUserHasTheName_ShouldTakeItFromThem()
    {
        var (before, after) = (NewIdentity(), NewIdentity());
        var holder = await Store.RecordAsync(Seen(before, $"Shared-{before.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now), default);

        var taker = await Store.RecordAsync(Seen(after, $"shared-{before.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now), default);

        taker.Username.ShouldBe($"shared-{before.Subject}");
        (await Store.FindAsync(holder.Id, default)).ShouldBe(holder with { Username = holder.FormerName() });
        (await Store.FindByNameAsync(taker.Username, default)).ShouldBe(taker);
    }

    [Fact]
    public async Task RecordAsync_WhenManyAskForOneAccountAtOnce_ShouldGiveOneUser()
    {
        var identity = NewIdentity();

        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            Task.Run(() => Store.RecordAsync(Seen(identity, $"racer-{identity.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now), default))));

        users.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task RecordAsync_WhenAMembershipWasSeen_ShouldKeepWhenLast()
    {
        var identity = NewIdentity();
        var seen = Seen(identity, $"member-{identity.Subject}", UserRole.User, UserProfile.Empty, TestSessions.Now);

        await Store.RecordAsync(seen with { MemberSeenAt = TestSessions.Now }, default);
        var again = await Store.RecordAsync(seen with { MemberSeenAt = TestSessions.Now.AddDays(1) }, default);

        again.MemberSeenAt.ShouldBe(TestSessions.Now.AddDays(1));
        (await Store.FindAsync(again.Id, default))!.MemberSeenAt.ShouldBe(TestSessions.Now.AddDays(1));
        (await Store.RecordAsync(seen, default)).MemberSeenAt.ShouldBeNull();
    }

    private static User Seen(ExternalIdentity identity, string username, UserRole role, UserProfile profile, DateTimeOffset at) =>
        new(UserId.New(at), username, at) { Role = role, Identity = identity, Profile = profile };

    private static ExternalIdentity NewIdentity() => new("github.com", System.Security.Cryptography.RandomNumberGenerator.GetInt32(1, int.MaxValue).ToString());
}
