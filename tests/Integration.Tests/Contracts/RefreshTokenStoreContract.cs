using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every store of refresh tokens must do.</summary>
public abstract class RefreshTokenStoreContract
{
    private static readonly DateTimeOffset Now = TestSessions.Now;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private readonly UserId _user = TestSessions.NewUser();

    protected abstract IRefreshTokenStore Store { get; }

    [Fact]
    public async Task RotateAsync_WhenTheTokenIsNew_ShouldPutTheSuccessorInItsPlace()
    {
        var (signIn, first) = await AddAsync();
        var second = NewHash();

        var rotation = await RotateAsync(first, second, Now.AddDays(1));

        rotation.Outcome.ShouldBe(RotationOutcome.Rotated);
        rotation.SignIn.ShouldBe(signIn with { ExpiresAt = Now.AddDays(8) });
        (await RotateAsync(second, NewHash(), Now.AddDays(2))).Outcome.ShouldBe(RotationOutcome.Rotated);
    }

    [Fact]
    public async Task RotateAsync_WhenTheSignInEndsBefore_ShouldHoldNoLonger()
    {
        var (_, first) = await AddAsync(endsAt: Now.AddDays(8));
        var second = NewHash();

        (await RotateAsync(first, second, Now.AddDays(6))).SignIn!.ExpiresAt.ShouldBe(Now.AddDays(8));

        (await RotateAsync(second, NewHash(), Now.AddDays(8))).Outcome.ShouldBe(RotationOutcome.Refused);
    }

    [Fact]
    public async Task RotateAsync_WhenManyTryAtOnce_ShouldLetExactlyOneThrough()
    {
        var (signIn, first) = await AddAsync();

        var rotations = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => RotateAsync(first, NewHash(), Now))));

        rotations.Count(rotation => rotation.Outcome == RotationOutcome.Rotated).ShouldBe(1);
        rotations.Count(rotation => rotation.Outcome == RotationOutcome.JustUsed).ShouldBe(19);
        (await Store.ListRevokedAsync(Now, default)).ShouldNotContain(signIn.Id);
    }

    [Fact]
    public async Task RotateAsync_WhenTheTokenWasUsedLongerAgo_ShouldRevokeTheWholeSignIn()
    {
        var (signIn, first) = await AddAsync();
        var second = NewHash();
        await RotateAsync(first, second, Now);

        var again = await RotateAsync(first, NewHash(), Now + Grace + TimeSpan.FromSeconds(1));

        again.Outcome.ShouldBe(RotationOutcome.Reused);
        again.SignIn!.Id.ShouldBe(signIn.Id);
        (await RotateAsync(second, NewHash(), Now.AddMinutes(1))).Outcome.ShouldBe(RotationOutcome.Refused);
        (await Store.FindAsync(second, Now.AddMinutes(1), default)).ShouldBeNull();
        (await Store.ListRevokedAsync(Now, default)).ShouldContain(signIn.Id);
    }

    [Fact]
    public async Task RotateAsync_WhenTheSuccessorWasUsed_ShouldRevokeEvenWithinTheGrace()
    {
        var (_, first) = await AddAsync();
        var second = NewHash();
        var third = NewHash();
        await RotateAsync(first, second, Now);
        await RotateAsync(second, third, Now);

        (await RotateAsync(first, NewHash(), Now)).Outcome.ShouldBe(RotationOutcome.Reused);

        (await RotateAsync(third, NewHash(), Now)).Outcome.ShouldBe(RotationOutcome.Refused);
    }

    [Fact]
    public async Task RotateAsync_WhenTheTokenIsReused_ShouldLeaveOtherSignInsAlone()
    {
        var (_, first) = await AddAsync();
        var (_, other) = await AddAsync();
        await RotateAsync(first, NewHash(), Now);
        await RotateAsync(first, NewHash(), Now.AddHours(1));

        (await RotateAsync(other, NewHash(), Now.AddHours(1))).Outcome.ShouldBe(RotationOutcome.Rotated);
    }

    [Fact]
    public async Task RotateAsync_WhenTheTokenIsUnknownOrRanOut_ShouldRefuse()
    {
        var (_, first) = await AddAsync();

        (await RotateAsync(NewHash(), NewHash(), Now)).ShouldBe(new Rotation(RotationOutcome.Refused, null));
        (await RotateAsync(first, NewHash(), Now + Lifetime)).ShouldBe(new Rotation(RotationOutcome.Refused, null));
        (await RotateAsync(first, NewHash(), Now + Lifetime - TimeSpan.FromSeconds(1))).Outcome.ShouldBe(RotationOutcome.Rotated);
    }

    [Fact]
    public async Task FindAsync_ShouldGiveTheSignInOfUsedAndUnusedTokensUntilTheyRunOut()
    {
        var (signIn, first) = await AddAsync();
        (await Store.FindAsync(first, Now, default)).ShouldBe(signIn);
        var second = NewHash();
        await RotateAsync(first, second, Now.AddDays(1));

        (await Store.FindAsync(first, Now.AddDays(2), default))!.Id.ShouldBe(signIn.Id);
        (await Store.FindAsync(second, Now.AddDays(2), default))!.Id.ShouldBe(signIn.Id);
        (await Store.FindAsync(first, Now.AddDays(7), default)).ShouldBeNull();
        (await Store.FindAsync(NewHash(), Now, default)).ShouldBeNull();
    }

    [Fact]
    public async Task RevokeAsync_ShouldEndThatSignInAndKeepWhenItDid()
    {
        var (signIn, first) = await AddAsync();
        var (_, other) = await AddAsync();

        await Store.RevokeAsync(signIn.Id, Now.AddHours(1), default);
        await Store.RevokeAsync(signIn.Id, Now.AddHours(2), default);
        await Store.RevokeAsync(SignInId.New(Now), Now, default);

        (await RotateAsync(first, NewHash(), Now.AddHours(1))).Outcome.ShouldBe(RotationOutcome.Refused);
        (await RotateAsync(other, NewHash(), Now.AddHours(1))).Outcome.ShouldBe(RotationOutcome.Rotated);
        (await Store.ListRevokedAsync(Now.AddHours(1), default)).ShouldContain(signIn.Id);
        (await Store.ListRevokedAsync(Now.AddHours(1).AddTicks(1), default)).ShouldNotContain(signIn.Id);
    }

    [Fact]
    public async Task RevokeAllAsync_ShouldEndAllOfThatUserAndTellWhich()
    {
        var (one, first) = await AddAsync();
        var (two, _) = await AddAsync();
        var (gone, _) = await AddAsync();
        var (_, strangers) = await AddAsync(user: TestSessions.NewUser());
        await Store.RevokeAsync(gone.Id, Now, default);

        (await Store.RevokeAllAsync(_user, Now, default)).ShouldBe([one.Id, two.Id], ignoreOrder: true);

        (await Store.RevokeAllAsync(_user, Now, default)).ShouldBeEmpty();
        (await RotateAsync(first, NewHash(), Now)).Outcome.ShouldBe(RotationOutcome.Refused);
        (await RotateAsync(strangers, NewHash(), Now)).Outcome.ShouldBe(RotationOutcome.Rotated);
    }

    [Fact]
    public async Task AddAsync_WhenThereIsNoRefreshToken_ShouldBeThereToBeRevoked()
    {
        var signIn = new SignIn(SignInId.New(Now), _user, Now, Now.AddMinutes(15), Now.AddMinutes(15));

        await Store.AddAsync(signIn, null, default);

        (await Store.RevokeAllAsync(_user, Now, default)).ShouldBe([signIn.Id]);
    }

    [Fact]
    public async Task RemoveExpiredAsync_ShouldRemoveWhatIsOverAndNothingElse()
    {
        await AddAsync();
        var (_, first) = await AddAsync();
        var second = NewHash();
        await RotateAsync(first, second, Now.AddDays(5));

        (await Store.RemoveExpiredAsync(Now + Lifetime, default)).ShouldBe(0);
        (await Store.RemoveExpiredAsync(Now + Lifetime + TimeSpan.FromTicks(1), default)).ShouldBe(1);

        (await RotateAsync(second, NewHash(), Now.AddDays(8))).Outcome.ShouldBe(RotationOutcome.Rotated);
    }

    private static TokenHash NewHash() => TokenHash.Of(Guid.NewGuid().ToString());

    private async Task<(SignIn SignIn, TokenHash First)> AddAsync(UserId? user = null, DateTimeOffset? endsAt = null)
    {
        var signIn = new SignIn(SignInId.New(Now), user ?? _user, Now, Now + Lifetime, endsAt ?? Now.AddDays(90));
        var first = NewHash();
        await Store.AddAsync(signIn, first, default);
        return (signIn, first);
    }

    private Task<Rotation> RotateAsync(TokenHash token, TokenHash successor, DateTimeOffset now) =>
        Store.RotateAsync(new RotationRequest(token, successor, now, now + Lifetime, Grace), default);
}
