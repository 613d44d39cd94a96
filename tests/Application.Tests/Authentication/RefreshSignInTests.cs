using Claudy.Application.Audit;
using Claudy.Application.Authentication;
using Claudy.Application.Authentication.GitHub;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class RefreshSignInTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly User Someone = new(UserId.New(Now), "someone", Now);
    private static readonly SignIn SignIn = new(SignInId.New(Now), Someone.Id, Now, Now.AddDays(7), Now.AddDays(90));
    private static readonly AccessToken Token = new(new Secret("a token"), Now.AddMinutes(15));

    private readonly FakeTimeProvider _time = new(Now);
    private readonly IUserStore _users = Substitute.For<IUserStore>();
    private readonly TestSignIns _signIns;
    private readonly AdmissionOptions _admission = new();
    private readonly RecordingAuditLog _audit = new();

    public RefreshSignInTests()
    {
        _signIns = new TestSignIns(_time);
        _signIns.Tokens.Issue(Someone, SignIn.Id).Returns(Token);
        _signIns.Store.FindAsync(default, default, default).ReturnsForAnyArgs(SignIn);
        _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns(Someone);
    }

    [Fact]
    public async Task Refresh_WhenTheTokenHolds_ShouldGiveTheNextTokensAndKeepHashesAlone()
    {
        Rotates(RotationOutcome.Rotated);
        var presented = RefreshToken.NewText();

        var (token, user, next) = (await RefreshAsync(presented)).Value;

        (token, user).ShouldBe((Token, Someone));
        next!.ExpiresAt.ShouldBe(SignIn.ExpiresAt);
        var request = Rotation();
        request.ShouldBe(new RotationRequest(TokenHash.Of(presented), TokenHash.Of(next.Value.Reveal()), Now, Now.AddDays(7), TimeSpan.FromSeconds(5)));
        request.ToString().ShouldNotContain(next.Value.Reveal());
    }

    [Fact]
    public async Task Refresh_WhenTheTokenIsReused_ShouldEndTheSignInAndCloseItsConnections()
    {
        Rotates(RotationOutcome.Reused);

        var refused = await RefreshAsync(RefreshToken.NewText());

        refused.Error.ShouldBe(AuthErrors.RefreshTokenInvalid());
        var entry = _audit.Entries.ShouldHaveSingleItem();
        (entry.Action, entry.UserId).ShouldBe(("sign_in.ended", Someone.Id));
        _signIns.Connections.Closed.ShouldBe([new Grant.SignIn(SignIn.Id)]);
        _signIns.Revocations.IsRevoked(new Grant.SignIn(SignIn.Id)).ShouldBeTrue();
        _signIns.Tokens.DidNotReceiveWithAnyArgs().Issue(default!, default);
    }

    [Theory]
    [InlineData(RotationOutcome.Refused, false)]
    [InlineData(RotationOutcome.JustUsed, true)]
    public async Task Refresh_WhenItIsRefused_ShouldEndNothing(RotationOutcome outcome, bool isJustUsed)
    {
        Rotates(outcome);

        var refused = await RefreshAsync(RefreshToken.NewText());

        refused.Error!.Code.ShouldBe("AUTH_007");
        refused.Error.Details.ContainsKey("just_used").ShouldBe(isJustUsed);
        _signIns.Connections.Closed.ShouldBeEmpty();
        await _signIns.Store.DidNotReceiveWithAnyArgs().RevokeAsync(default, default, default);
        _signIns.Tokens.DidNotReceiveWithAnyArgs().Issue(default!, default);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("claudy_")]
    [InlineData("eyJ.a.b")]
    public async Task Refresh_WhenItIsNoRefreshToken_ShouldNotAskTheStore(string? text)
    {
        (await RefreshAsync(text)).Error!.Code.ShouldBe("AUTH_007");
        (await RefreshAsync(RefreshToken.NewText() + new string('x', 1000))).Error!.Code.ShouldBe("AUTH_007");

        _signIns.Store.ReceivedCalls().ShouldBeEmpty();
    }

    [Fact]
    public async Task Refresh_WhenTheUserIsGone_ShouldEndTheSignIn()
    {
        _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns((User?)null);

        (await RefreshAsync(RefreshToken.NewText())).Error!.Code.ShouldBe("AUTH_007");

        await _signIns.Store.Received(1).RevokeAsync(SignIn.Id, Now, Arg.Any<CancellationToken>());
        await _signIns.Store.DidNotReceiveWithAnyArgs().RotateAsync(default!, default);
    }

    [Fact]
    public async Task Issue_WhenTheWholeSignInIsShorter_ShouldNotPromiseMore()
    {
        _signIns.Options.SignInLifetime = TimeSpan.FromDays(2);

        var signedIn = await _signIns.SignIns.IssueAsync(Someone, CancellationToken.None);

        signedIn.Refresh!.ExpiresAt.ShouldBe(Now.AddDays(2));
        await _signIns.Store.Received(1).AddAsync(
            Arg.Is<SignIn>(signIn => signIn.ExpiresAt == Now.AddDays(2) && signIn.EndsAt == Now.AddDays(2)),
            TokenHash.Of(signedIn.Refresh.Value.Reveal()),
            Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Refresh_WhenTheAccountIsOnNoListAnyMore_ShouldEndTheSignIn()
    {
        Rotates(RotationOutcome.Rotated);
        Knows(Account);

        var refused = await RefreshAsync(RefreshToken.NewText());

        refused.Error!.Code.ShouldBe("AUTH_009");
        _signIns.Connections.Closed.ShouldBe([new Grant.SignIn(SignIn.Id)]);
    }

    [Fact]
    public async Task Refresh_WhenAnAdminIsOneNoMore_ShouldGiveTheRoleOfNow()
    {
        Rotates(RotationOutcome.Rotated);
        Knows(Account with { Role = UserRole.Admin });
        _admission.AllowedLogins = ["someone"];
        _signIns.Tokens.Issue(Arg.Is<User>(user => user.Role == UserRole.User), SignIn.Id).Returns(Token);

        (await RefreshAsync(RefreshToken.NewText())).Value.User.Role.ShouldBe(UserRole.User);
    }

    [Theory]
    [InlineData(23, null)]
    [InlineData(24, "AUTH_007")]
    public async Task Refresh_WhenAMembershipAloneSpeaksForTheUser_ShouldHoldForADay(int hours, string? code)
    {
        Rotates(RotationOutcome.Rotated);
        Knows(Account with { MemberSeenAt = Now });
        _admission.AllowedOrganizations = ["engines"];
        _signIns.Tokens.Issue(default!, default).ReturnsForAnyArgs(Token);
        _time.Advance(TimeSpan.FromHours(hours));

        (await RefreshAsync(RefreshToken.NewText())).Error?.Code.ShouldBe(code);
    }

    [Fact]
    public async Task ShutOut_ShouldEndSignInsAndPersonalTokens()
    {
        var token = PersonalTokenId.New(Now);
        _signIns.Store.RevokeAllAsync(Someone.Id, Now, Arg.Any<CancellationToken>()).Returns([SignIn.Id]);
        _signIns.PersonalTokens.RevokeAllAsync(Someone.Id, Now, Arg.Any<CancellationToken>()).Returns([token]);

        await _signIns.SignIns.ShutOutAsync(Someone.Id);

        _signIns.Connections.Closed.ShouldBe([new Grant.SignIn(SignIn.Id), new Grant.PersonalToken(token)]);
    }

    [Fact]
    public void Requests_WhenPrinted_ShouldNotShowTheToken()
    {
        new RefreshSignIn("the-token").ToString().ShouldNotContain("the-token");
        new SignOutByRefreshToken("the-token", Everywhere: true).ToString().ShouldNotContain("the-token");
    }

    private static User Account => Someone with { Identity = new ExternalIdentity("github.com", "7") };

    private void Knows(User user) => _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns(user);

    private void Rotates(RotationOutcome outcome) => _signIns.Store.RotateAsync(default!, default)
        .ReturnsForAnyArgs(new Rotation(outcome, outcome == RotationOutcome.Refused ? null : SignIn));

    private RotationRequest Rotation() => (RotationRequest)_signIns.Store.ReceivedCalls()
        .Single(call => call.GetMethodInfo().Name == nameof(IRefreshTokenStore.RotateAsync)).GetArguments()[0]!;

    private Task<Result<SignedIn>> RefreshAsync(string? token) =>
        new RefreshSignInHandler(
            _signIns.Store, _users, _signIns.Tokens, _signIns.SignIns, new UserStanding(Options.Create(_admission), new SignInMethods(Local: true, "github.com"), _time), _audit, new AuditOrigin(), Options.Create(_signIns.Options), _time, NullLogger<RefreshSignInHandler>.Instance)
            .Handle(new RefreshSignIn(token), CancellationToken.None);
}
