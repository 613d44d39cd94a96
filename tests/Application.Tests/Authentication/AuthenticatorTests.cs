using Claudy.Application.Authentication;
using Claudy.Application.Authentication.GitHub;
using Claudy.Application.Authentication.PersonalTokens;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Users.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class AuthenticatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly User Someone = new(UserId.New(Now), "someone", Now);
    private static readonly Grant.SignIn SignIn = new(SignInId.New(Now));

    private readonly FakeTimeProvider _time = new(Now);
    private readonly IUserStore _users = Substitute.For<IUserStore>();
    private readonly TestSignIns _signIns;
    private readonly Authenticator _authenticator;
    private readonly AdmissionOptions _admission = new();
    private readonly string _text = PersonalTokenText.New();
    private PersonalToken _token = new(PersonalTokenId.New(Now), Someone.Id, "a script", Now, Now.AddDays(30), LastUsedAt: null);

    public AuthenticatorTests()
    {
        _signIns = new TestSignIns(_time);
        _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns(Someone);
        _signIns.Tokens.ValidateAsync("a jwt").Returns(new Identity(Someone.Id, "someone", Now.AddMinutes(15), SignIn));
        _signIns.PersonalTokens.FindAsync(TokenHash.Of(_text), Arg.Any<CancellationToken>()).Returns(_ => _token);
        _authenticator = new Authenticator(_signIns.Tokens, _signIns.PersonalTokens, _users, new UserStanding(Options.Create(_admission), new SignInMethods(Local: true, "github.com"), _time), _signIns.Revocations, _time, NullLogger<Authenticator>.Instance);
    }

    [Fact]
    public async Task Authenticate_WhenTheSignInWasEnded_ShouldRefuseItsAccessTokens()
    {
        (await AuthenticateAsync("a jwt")).IsSuccess.ShouldBeTrue();

        await _signIns.SignIns.EndAsync(SignIn.Id);

        (await AuthenticateAsync("a jwt")).Error!.Code.ShouldBe("AUTH_006");
    }

    [Theory]
    [InlineData("ada", "AUTH_006")]
    [InlineData("someone", null)]
    [InlineData("id:7", null)]
    public async Task Authenticate_WhenTheListsChanged_ShouldGoByThoseOfNow(string allowed, string? code)
    {
        _admission.AllowedLogins = [allowed];
        var account = Someone with { Identity = new ExternalIdentity("github.com", "7"), Role = UserRole.Admin };
        _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns(account);

        var identity = await AuthenticateAsync(_text);

        identity.Error?.Code.ShouldBe(code);
        if (code is null)
        {
            identity.Value.Role.ShouldBe(UserRole.User);
        }
    }

    [Theory]
    [InlineData(null, "AUTH_006")]
    [InlineData(30, "AUTH_006")]
    [InlineData(29, null)]
    public async Task Authenticate_WhenNothingButAMembershipSpeaksForTheOwner_ShouldGoByWhenItWasSeen(int? daysAgo, string? code)
    {
        _admission.AllowedOrganizations = ["engines"];
        var account = Someone with { Identity = new ExternalIdentity("github.com", "7"), MemberSeenAt = daysAgo is { } days ? Now.AddDays(-days) : null };
        _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns(account);

        (await AuthenticateAsync(_text)).Error?.Code.ShouldBe(code);
    }

    [Fact]
    public async Task Authenticate_WhenAPersonalTokenHolds_ShouldTellWhose()
    {
        (await AuthenticateAsync(_text)).Value.ShouldBe(new Identity(Someone.Id, "someone", Now.AddDays(30), new Grant.PersonalToken(_token.Id)));

        await _signIns.Tokens.DidNotReceiveWithAnyArgs().ValidateAsync(default!);
    }

    [Fact]
    public async Task Authenticate_WhenAPersonalTokenRanOut_ShouldRefuse()
    {
        _time.Advance(TimeSpan.FromDays(30));

        (await AuthenticateAsync(_text)).Error!.Code.ShouldBe("AUTH_002");
    }

    [Fact]
    public async Task Authenticate_WhenAPersonalTokenNeverRunsOut_ShouldSaySo()
    {
        _token = _token with { ExpiresAt = null };
        _time.Advance(TimeSpan.FromDays(10_000));

        (await AuthenticateAsync(_text)).Value.ExpiresAt.ShouldBeNull();
    }

    [Fact]
    public async Task Authenticate_WhenTheOwnerIsGone_ShouldRefuse()
    {
        _users.FindAsync(Someone.Id, Arg.Any<CancellationToken>()).Returns((User?)null);

        (await AuthenticateAsync(_text)).Error!.Code.ShouldBe("AUTH_006");
    }

    [Fact]
    public async Task Authenticate_WhenAPersonalTokenIsNotWhole_ShouldNotAskTheStore()
    {
        (await AuthenticateAsync(_text[..^1])).Error!.Code.ShouldBe("AUTH_003");
        (await AuthenticateAsync(_text + new string('x', 100_000))).Error!.Code.ShouldBe("AUTH_003");

        _signIns.PersonalTokens.ReceivedCalls().ShouldBeEmpty();
    }

    [Fact]
    public async Task Authenticate_WhenItIsUnknown_ShouldRefuse()
    {
        (await AuthenticateAsync(PersonalTokenText.New())).Error!.Code.ShouldBe("AUTH_003");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(-4, false)]
    [InlineData(-5, true)]
    public async Task Authenticate_ShouldNoteTheUseEveryFiveMinutesAtTheMost(int? lastUsedMinutes, bool isNoted)
    {
        _token = _token with { LastUsedAt = lastUsedMinutes is { } minutes ? Now.AddMinutes(minutes) : null };

        await AuthenticateAsync(_text);

        await _signIns.PersonalTokens.Received(isNoted ? 1 : 0).TouchAsync(_token.Id, Now, Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Authenticate_WhenTheUseCannotBeNoted_ShouldLetInAllTheSame()
    {
        _signIns.PersonalTokens.TouchAsync(default, default, default).ThrowsAsyncForAnyArgs(new StoreUnavailableException("full", new IOException()));

        (await AuthenticateAsync(_text)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Authenticate_WhenTheStoreCannotSay_ShouldSaySo()
    {
        _signIns.PersonalTokens.FindAsync(default, default).ThrowsAsyncForAnyArgs(new StoreUnavailableException("gone", new IOException()));

        (await AuthenticateAsync(_text)).Error!.Code.ShouldBe("SERVER_002");
    }

    private Task<Result<Identity>> AuthenticateAsync(string token) => _authenticator.AuthenticateAsync(token, CancellationToken.None);
}
