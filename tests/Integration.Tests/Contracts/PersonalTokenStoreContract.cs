using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every store of personal access tokens must do.</summary>
public abstract class PersonalTokenStoreContract
{
    private const int Limit = 3;
    private static readonly DateTimeOffset Now = TestSessions.Now;

    private readonly UserId _owner = TestSessions.NewUser();

    protected abstract IPersonalTokenStore Store { get; }

    protected abstract IRefreshTokenStore SignIns { get; }

    [Fact]
    public async Task FindAsync_ShouldGiveTheTokenOfItsHashAlone()
    {
        var (token, hash) = await AddAsync(expiresAt: Now.AddDays(1));

        (await Store.FindAsync(hash, default)).ShouldBe(token);
        (await Store.FindAsync(NewHash(), default)).ShouldBeNull();
    }

    [Fact]
    public async Task ListAsync_ShouldGiveTheOwnersTokensTheNewestFirst()
    {
        var (older, _) = await AddAsync(at: Now);
        var (newer, _) = await AddAsync(at: Now.AddHours(1));
        await AddAsync(owner: TestSessions.NewUser());

        (await Store.ListAsync(_owner, default)).ShouldBe([newer, older]);
    }

    [Fact]
    public async Task AddAsync_WhenTheOwnerHasTheLimit_ShouldChangeNothing()
    {
        for (var i = 0; i < Limit; i++)
        {
            await AddAsync();
        }

        var (_, hash) = await AddAsync(expected: PersonalTokenAddition.TooMany);

        (await Store.FindAsync(hash, default)).ShouldBeNull();
        await AddAsync(owner: TestSessions.NewUser());
    }

    [Fact]
    public async Task AddAsync_WhenOthersRanOutOrWereRevoked_ShouldNotCountThem()
    {
        await AddAsync(expiresAt: Now.AddMinutes(1));
        var (revoked, _) = await AddAsync();
        await AddAsync();
        await AddAsync(expected: PersonalTokenAddition.TooMany);

        await Store.RevokeAsync(_owner, revoked.Id, Now, default);
        await AddAsync(at: Now);
        await AddAsync(at: Now, expected: PersonalTokenAddition.TooMany);

        await AddAsync(at: Now.AddMinutes(1));
    }

    [Fact]
    public async Task AddAsync_WhenManyAreMadeAtOnce_ShouldHoldTheLimit()
    {
        var signIn = await SignInAsync(_owner);

        var added = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
            Task.Run(() => Store.AddAsync(new NewPersonalToken(NewToken(), NewHash(), signIn), Limit, default))));

        added.Count(addition => addition == PersonalTokenAddition.Added).ShouldBe(Limit);
    }

    [Fact]
    public async Task AddAsync_WhenTheSignInHasEndedOrIsAnothers_ShouldChangeNothing()
    {
        var (ended, strangers) = (await SignInAsync(_owner), await SignInAsync(TestSessions.NewUser()));
        await SignIns.RevokeAsync(ended, Now, default);

        foreach (var signIn in new[] { ended, strangers, SignInId.New(Now) })
        {
            (await Store.AddAsync(new NewPersonalToken(NewToken(), NewHash(), signIn), Limit, default)).ShouldBe(PersonalTokenAddition.SignInEnded);
        }

        (await Store.ListAsync(_owner, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task RevokeAsync_WhenItIsTheOwners_ShouldBeFoundNoMore()
    {
        var (token, hash) = await AddAsync();

        (await Store.RevokeAsync(_owner, token.Id, Now, default)).ShouldBeTrue();

        (await Store.FindAsync(hash, default)).ShouldBeNull();
        (await Store.ListAsync(_owner, default)).ShouldBeEmpty();
        (await Store.ListRevokedAsync(Now, default)).ShouldContain(token.Id);
        (await Store.ListRevokedAsync(Now.AddTicks(1), default)).ShouldNotContain(token.Id);
        (await Store.RevokeAsync(_owner, token.Id, Now, default)).ShouldBeFalse();
    }

    [Fact]
    public async Task RevokeAsync_WhenItIsAnothers_ShouldDoNothing()
    {
        var (token, hash) = await AddAsync();

        (await Store.RevokeAsync(TestSessions.NewUser(), token.Id, Now, default)).ShouldBeFalse();

        (await Store.FindAsync(hash, default)).ShouldBe(token);
    }

    [Fact]
    public async Task RevokeAllAsync_ShouldRevokeAllOfThatUserAndTellWhich()
    {
        var (one, _) = await AddAsync();
        var (two, _) = await AddAsync();
        var (strangers, hash) = await AddAsync(owner: TestSessions.NewUser());

        (await Store.RevokeAllAsync(_owner, Now, default)).ShouldBe([one.Id, two.Id], ignoreOrder: true);

        (await Store.ListAsync(_owner, default)).ShouldBeEmpty();
        (await Store.FindAsync(hash, default)).ShouldBe(strangers);
    }

    [Fact]
    public async Task TouchAsync_ShouldKeepTheLatestUse()
    {
        var (token, hash) = await AddAsync();

        await Store.TouchAsync(token.Id, Now.AddHours(2), default);
        await Store.TouchAsync(token.Id, Now.AddHours(1), default);

        (await Store.FindAsync(hash, default))!.LastUsedAt.ShouldBe(Now.AddHours(2));
    }

    [Fact]
    public async Task RemoveExpiredAsync_ShouldRemoveWhatIsOverAndNothingElse()
    {
        var (stays, _) = await AddAsync();
        await AddAsync(expiresAt: Now.AddDays(1));
        var (revoked, _) = await AddAsync();
        await Store.RevokeAsync(_owner, revoked.Id, Now.AddDays(1), default);

        (await Store.RemoveExpiredAsync(Now.AddDays(1), default)).ShouldBe(0);
        (await Store.RemoveExpiredAsync(Now.AddDays(2), default)).ShouldBe(2);

        (await Store.ListAsync(_owner, default)).ShouldBe([stays]);
    }

    private static TokenHash NewHash() => TokenHash.Of(Guid.NewGuid().ToString());

    private PersonalToken NewToken(UserId? owner = null, DateTimeOffset? at = null, DateTimeOffset? expiresAt = null) =>
        new(PersonalTokenId.New(at ?? Now), owner ?? _owner, "a script", at ?? Now, expiresAt, LastUsedAt: null);

    private async Task<(PersonalToken Token, TokenHash Hash)> AddAsync(
        UserId? owner = null, DateTimeOffset? at = null, DateTimeOffset? expiresAt = null, PersonalTokenAddition expected = PersonalTokenAddition.Added)
    {
        var token = NewToken(owner, at, expiresAt);
        var hash = NewHash();
        var signIn = await SignInAsync(token.Owner);
        (await Store.AddAsync(new NewPersonalToken(token, hash, signIn), Limit, default)).ShouldBe(expected);
        return (token, hash);
    }

    private async Task<SignInId> SignInAsync(UserId owner)
    {
        var id = SignInId.New(Now);
        await SignIns.AddAsync(new SignIn(id, owner, Now, Now.AddDays(7), Now.AddDays(90)), null, default);
        return id;
    }
}
