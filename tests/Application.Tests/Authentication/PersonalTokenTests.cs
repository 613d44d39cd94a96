using Claudy.Application.Authentication;
using Claudy.Application.Authentication.PersonalTokens;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class PersonalTokenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly UserId Owner = UserId.New(Now);
    private static readonly SignInId SignIn = SignInId.New(Now);

    private readonly FakeTimeProvider _time = new(Now);
    private readonly IPersonalTokenStore _store = Substitute.For<IPersonalTokenStore>();

    [Fact]
    public void Text_ShouldBeRecognisableAndNeverTheSame()
    {
        var one = PersonalTokenText.New();

        one.ShouldMatch("^claudy_pat_[0-9A-Za-z]{46}$");
        PersonalTokenText.LooksLike(one).ShouldBeTrue();
        PersonalTokenText.IsWhole(one).ShouldBeTrue();
        PersonalTokenText.New().ShouldNotBe(one);
    }

    [Fact]
    public void Text_WhicheverCharacterIsMistyped_ShouldNotBeWhole()
    {
        var text = PersonalTokenText.New();
        for (var at = 0; at < text.Length; at++)
        {
            var other = text[at] == 'x' ? 'y' : 'x';
            PersonalTokenText.IsWhole(string.Concat(text.AsSpan(0, at), [other], text.AsSpan(at + 1))).ShouldBeFalse($"{at}");
        }
    }

    [Fact]
    public async Task Create_ShouldKeepTheHashAloneAndTellTheTextOnce()
    {
        _store.AddAsync(default!, default, default).ReturnsForAnyArgs(PersonalTokenAddition.Added);

        var created = (await CreateAsync(new CreatePersonalToken(Owner, SignIn, " ci ", 30))).Value;

        created.Token.ShouldBe(new PersonalToken(created.Token.Id, Owner, "ci", Now, Now.AddDays(30), LastUsedAt: null));
        await _store.Received(1).AddAsync(new NewPersonalToken(created.Token, TokenHash.Of(created.Text.Reveal()), SignIn), 50, Arg.Any<CancellationToken>());
        created.ToString().ShouldNotContain(created.Text.Reveal());
    }

    [Fact]
    public async Task Create_WhenTheSignInHasEndedMeanwhile_ShouldRefuse()
    {
        _store.AddAsync(default!, default, default).ReturnsForAnyArgs(PersonalTokenAddition.SignInEnded);

        (await CreateAsync(new CreatePersonalToken(Owner, SignIn, "ci", null))).Error!.Code.ShouldBe("AUTH_006");
    }

    [Fact]
    public async Task Create_WhenTheLimitIsReached_ShouldRefuse()
    {
        _store.AddAsync(default!, default, default).ReturnsForAnyArgs(PersonalTokenAddition.TooMany);

        var refused = await CreateAsync(new CreatePersonalToken(Owner, SignIn, "ci", null));

        refused.Error!.Code.ShouldBe("AUTH_016");
        refused.Error.Details["limit"].ShouldBe(50);
    }

    [Theory]
    [InlineData(null, null, "Name")]
    [InlineData(" ", null, "Name")]
    [InlineData("a\nb", null, "Name")]
    [InlineData("ci", 0, "ExpiresInDays")]
    [InlineData("ci", 3651, "ExpiresInDays")]
    [InlineData("ci", 3650, null)]
    [InlineData("ci", null, null)]
    public void Validate_ShouldNameTheFieldThatIsWrong(string? name, int? days, string? field) =>
        new CreatePersonalTokenValidator().Validate(new CreatePersonalToken(Owner, SignIn, name, days)).Errors.Select(e => e.PropertyName)
            .ShouldBe(field is null ? [] : [field]);

    [Fact]
    public void Validate_WhenTheNameIsTooLong_ShouldRefuse()
    {
        new CreatePersonalTokenValidator().Validate(new CreatePersonalToken(Owner, SignIn, new string('x', 100), null)).IsValid.ShouldBeTrue();
        new CreatePersonalTokenValidator().Validate(new CreatePersonalToken(Owner, SignIn, new string('x', 101), null)).IsValid.ShouldBeFalse();
    }

    [Fact]
    public async Task Revoke_WhenThereIsSuchAToken_ShouldCloseItsConnections()
    {
        var signIns = new TestSignIns(_time);
        var mine = PersonalTokenId.New(Now);
        _store.RevokeAsync(Owner, mine, Now, Arg.Any<CancellationToken>()).Returns(true);
        var handler = new RevokePersonalTokenHandler(_store, signIns.Revocations, _time);

        (await handler.Handle(new RevokePersonalToken(Owner, mine), CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await handler.Handle(new RevokePersonalToken(Owner, PersonalTokenId.New(Now)), CancellationToken.None)).Error!.Code.ShouldBe("AUTH_015");

        signIns.Connections.Closed.ShouldBe([new Grant.PersonalToken(mine)]);
    }

    private Task<Domain.Shared.Result<CreatedPersonalToken>> CreateAsync(CreatePersonalToken request) =>
        new CreatePersonalTokenHandler(_store, Options.Create(new SignInOptions()), _time).Handle(request, CancellationToken.None);
}
