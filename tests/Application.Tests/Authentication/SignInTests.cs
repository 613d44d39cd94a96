using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class SignInTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly User Local = new(UserId.New(Now), User.LocalUsername, Now);
    private static readonly AccessToken Token = new(new Secret("a token"), Now.AddMinutes(15));

    private readonly FakeTimeProvider _time = new(Now);
    private readonly IOneTimeStore _codes = Substitute.For<IOneTimeStore>();
    private readonly IConsoleSignInCodes _consoleCodes = Substitute.For<IConsoleSignInCodes>();
    private readonly IUserStore _users = Substitute.For<IUserStore>();
    private readonly TestSignIns _signIns;

    public SignInTests()
    {
        _codes.TakeAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns((string?)null);
        _users.FindOrAddAsync(User.LocalUsername, Now, Arg.Any<CancellationToken>()).Returns(Local);
        _signIns = new TestSignIns(_time);
        _signIns.Tokens.Issue(Local, Arg.Any<SignInId>()).Returns(Token);
    }

    [Fact]
    public async Task CreateSignInCode_ShouldGiveAnUnguessableCodeThatAUrlCanCarry()
    {
        var first = (await CreateCodeAsync()).Value.Reveal();
        var second = (await CreateCodeAsync()).Value.Reveal();

        first.ShouldMatch("^[A-Za-z0-9_-]{32}$");
        second.ShouldNotBe(first);
    }

    [Fact]
    public async Task CreateSignInCode_ShouldKeepItForTenMinutesUnderItsHashAlone()
    {
        var code = await CreateCodeAsync();

        code.ExpiresAt.ShouldBe(Now.AddMinutes(10));
        var kept = _codes.ReceivedCalls().ShouldHaveSingleItem().GetArguments();
        kept[0].ShouldBe(SignInCode.KeyOf(code.Value.Reveal()));
        kept[..2].ShouldAllBe(argument => !((string)argument!).Contains(code.Value.Reveal(), StringComparison.Ordinal));
        kept[2].ShouldBe(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task SignInLocally_WhenTheCodeHolds_ShouldGiveTheLocalUserTokens()
    {
        _codes.TakeAsync(SignInCode.KeyOf("the-code"), Arg.Any<CancellationToken>()).Returns(User.LocalUsername);

        var (token, user, refresh) = (await SignInAsync("the-code")).Value;

        (token, user).ShouldBe((Token, Local));
        refresh!.ExpiresAt.ShouldBe(Now.AddDays(7));
    }

    [Fact]
    public async Task SignInLocally_WhenTheCodeIsUsedAgain_ShouldRefuse()
    {
        _codes.TakeAsync(SignInCode.KeyOf("the-code"), Arg.Any<CancellationToken>()).Returns(User.LocalUsername, (string?)null);
        await SignInAsync("the-code");

        var again = await SignInAsync("the-code");

        again.Error!.Code.ShouldBe("AUTH_001");
        _signIns.Tokens.Received(1).Issue(Arg.Any<User>(), Arg.Any<SignInId>());
    }

    [Fact]
    public async Task CreateConsoleSignInCode_ShouldKeepItForTenMinutesByItsHashAlone()
    {
        var code = (await new CreateConsoleSignInCodeHandler(_consoleCodes, _time).Handle(new CreateConsoleSignInCode(), CancellationToken.None)).Value;

        code.ExpiresAt.ShouldBe(Now.AddMinutes(10));
        await _consoleCodes.Received(1).PutAsync(SignInCode.HashOf(code.Value.Reveal()), Now.AddMinutes(10), Arg.Any<CancellationToken>());
        _codes.ReceivedCalls().ShouldBeEmpty();
    }

    [Fact]
    public async Task SignInLocally_WhenTheCodeIsTheConsoles_ShouldGiveTheLocalUserTokens()
    {
        _consoleCodes.TakeAsync(SignInCode.HashOf("the-code"), Arg.Any<CancellationToken>()).Returns(true, false);

        (await SignInAsync("the-code")).Value.User.ShouldBe(Local);
        (await SignInAsync("the-code")).Error!.Code.ShouldBe("AUTH_001");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("another-code")]
    [InlineData("THE-CODE")]
    public async Task SignInLocally_WhenTheCodeDoesNotHold_ShouldRefuseAndMakeNoUser(string? code)
    {
        _codes.TakeAsync(SignInCode.KeyOf("the-code"), Arg.Any<CancellationToken>()).Returns(User.LocalUsername);

        var refused = await SignInAsync(code);

        refused.Error!.Code.ShouldBe("AUTH_001");
        refused.Error.Status.ShouldBe(ResultStatus.Unauthorized);
        await _users.DidNotReceiveWithAnyArgs().FindOrAddAsync(default!, default, default);
    }

    [Fact]
    public void SignInLocally_WhenPrinted_ShouldNotShowTheCode()
    {
        new SignInLocally("the-code").ToString().ShouldNotContain("the-code");
    }

    [Fact]
    public async Task IssueLocalToken_ShouldNeedNoCodeAndGiveOneTokenThatCanBeRevoked()
    {
        var signedIn = await new IssueLocalTokenHandler(_users, _signIns.SignIns, _time).Handle(new IssueLocalToken(), CancellationToken.None);

        signedIn.Value.ShouldBe(new SignedIn(Token, Local));
        _codes.ReceivedCalls().ShouldBeEmpty();
        await _signIns.Store.Received(1).AddAsync(
            Arg.Is<SignIn>(signIn => signIn.UserId == Local.Id && signIn.ExpiresAt == Token.ExpiresAt && signIn.EndsAt == Token.ExpiresAt), null, Arg.Any<CancellationToken>());
    }

    private async Task<SignInCode> CreateCodeAsync() =>
        (await new CreateSignInCodeHandler(_codes, _time).Handle(new CreateSignInCode(), CancellationToken.None)).Value;

    private Task<Result<SignedIn>> SignInAsync(string? code) =>
        new SignInLocallyHandler(_codes, _consoleCodes, _users, _signIns.SignIns, _time).Handle(new SignInLocally(code), CancellationToken.None);
}
