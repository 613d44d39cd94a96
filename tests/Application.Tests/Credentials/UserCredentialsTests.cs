using Claudy.Application.Credentials;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Credentials;

public sealed class UserCredentialsTests : IDisposable
{
    private static readonly UserId Owner = UserId.New(DateTimeOffset.UnixEpoch);
    private static readonly SessionId Session = SessionId.New(DateTimeOffset.UnixEpoch);
    private static readonly CredentialScope OfSession = new(Owner, Session);
    private static readonly CredentialScope OfUser = new(Owner, null);

    private readonly InMemoryCredentials _store = new();
    private readonly PlainSealer _sealer = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ClaudeCredential _credential = New();
    private PlainVault _vault = new();
    private UserCredentials _credentials;

    public UserCredentialsTests() => _credentials = new UserCredentials(_vault, _sealer, _store, _time);

    [Fact]
    public async Task ReadyAsync_WhenASessionsCredentialIsRememberedAndTheServerRestarted_ShouldHaveIt()
    {
        await _credentials.KeepAsync(OfSession, _credential, isRemembered: true, default);
        Restart();

        var ready = await _credentials.ReadyAsync(Owner, Session, bringsOwn: true, default);

        ready.IsSuccess.ShouldBeTrue();
        _credentials.For(Owner, Session).ShouldBe(_credential);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadyAsync_WhenItWasHeldInMemoryOnlyAndTheServerRestarted_ShouldSayThatItIsLostAndNotUseTheServers(bool isSessions)
    {
        _vault.Server = New();
        await _credentials.KeepAsync(isSessions ? OfSession : OfUser, _credential, isRemembered: false, default);
        Restart();

        (await _credentials.ReadyAsync(Owner, Session, bringsOwn: isSessions, default)).Error.ShouldNotBeNull().Code.ShouldBe("CLAUDE_003");
    }

    [Fact]
    public async Task KeepAsync_WhenNotRemembered_ShouldPutNothingOfItInTheStoreAndRemoveWhatWasThere()
    {
        await _credentials.KeepAsync(OfSession, New(), isRemembered: true, default);
        await _credentials.KeepAsync(OfUser, New(), isRemembered: true, default);

        await _credentials.KeepAsync(OfSession, _credential, isRemembered: false, default);
        await _credentials.KeepAsync(OfUser, _credential, isRemembered: false, default);

        _store.All.ShouldHaveSingleItem().ShouldBe(new StoredCredential(OfUser, _time.GetUtcNow(), null));
        _credentials.For(Owner, Session).ShouldBe(_credential);
    }

    [Fact]
    public async Task ReadyAsync_WhenNobodyGaveOne_ShouldGoByTheServers()
    {
        _vault.DefaultSource = CredentialSource.Demo;
        (await _credentials.ReadyAsync(Owner, Session, bringsOwn: false, default)).IsSuccess.ShouldBeTrue();

        _vault.DefaultSource = CredentialSource.None;
        (await _credentials.ReadyAsync(Owner, Session, bringsOwn: false, default)).Error.ShouldNotBeNull().Code.ShouldBe("CLAUDE_003");
    }

    [Fact]
    public async Task ReadyAsync_WhenTheUserGaveOneForAllSessions_ShouldUseItAfterARestartToo()
    {
        _vault.DefaultSource = CredentialSource.None;
        await _credentials.KeepAsync(OfUser, _credential, isRemembered: true, default);
        Restart();

        (await _credentials.ReadyAsync(Owner, Session, bringsOwn: false, default)).IsSuccess.ShouldBeTrue();

        _credentials.For(Owner, Session).ShouldBe(_credential);
        (await _credentials.ReadyAsync(UserId.New(DateTimeOffset.UnixEpoch), Session, bringsOwn: false, default)).Error.ShouldNotBeNull().Code.ShouldBe("CLAUDE_003");
    }

    [Fact]
    public async Task ReadyAsync_WhenTheKeyIsLost_ShouldSaySoAndNotUseTheServers()
    {
        _vault.Server = New();
        await _credentials.KeepAsync(OfUser, _credential, isRemembered: true, default);
        Restart();
        _sealer.TryRenewKey();
        _sealer.Lose("key-1");

        (await _credentials.ReadyAsync(Owner, Session, bringsOwn: false, default)).Error.ShouldNotBeNull().Code.ShouldBe("CLAUDE_008");
    }

    [Fact]
    public async Task ForgetAsync_ShouldLeaveNothing()
    {
        await _credentials.KeepAsync(OfSession, _credential, isRemembered: true, default);
        await _credentials.KeepAsync(OfUser, _credential, isRemembered: true, default);

        await _credentials.ForgetAsync(Session, default);
        _store.All.ShouldHaveSingleItem().Scope.ShouldBe(OfUser);
        await _credentials.ForgetAsync(Owner, default);

        _store.All.ShouldBeEmpty();
        _credentials.For(Owner, Session).ShouldBeNull();
        (await _credentials.RecallAsync(OfSession, default)).Value.ShouldBeNull();
    }

    [Fact]
    public async Task RecallAsync_WhenAnotherNodeForgotIt_ShouldForgetItHereToo()
    {
        await _credentials.KeepAsync(OfUser, _credential, isRemembered: true, default);
        await _store.DeleteAsync(Owner, default);

        (await _credentials.RecallAsync(OfUser, default)).Value.ShouldBeNull();

        _credentials.For(Owner, Session).ShouldBeNull();
    }

    [Fact]
    public async Task KeepAsync_WhenTheKeyIsRenewedMeanwhile_ShouldSealUnderTheNewOne()
    {
        _sealer.OnSeal = () =>
        {
            if (_sealer.Keys.Count == 1)
            {
                _sealer.TryRenewKey();
            }
        };

        await _credentials.KeepAsync(OfUser, _credential, isRemembered: true, default);

        _store.All.ShouldHaveSingleItem().Value.ShouldNotBeNull().KeyId.ShouldBe("key-2");
    }

    [Fact]
    public void Hint_ShouldBeTheLastFourOfALongOneOnly()
    {
        new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret(new string('x', 20) + "abcd")).Hint.ShouldBe("abcd");
        new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret("short-abcd")).Hint.ShouldBeNull();
    }

    [Theory]
    [InlineData("sk-ant-api03-", ClaudeCredentialKind.ApiKey, ClaudeCredentialKind.ApiKey)]
    [InlineData("sk-ant-oat01-", ClaudeCredentialKind.ApiKey, ClaudeCredentialKind.OAuthToken)]
    [InlineData("sk-ant-oat01-", ClaudeCredentialKind.AuthToken, ClaudeCredentialKind.OAuthToken)]
    [InlineData("gateway-", ClaudeCredentialKind.AuthToken, ClaudeCredentialKind.AuthToken)]
    public void Recognise_ShouldGoByTheBeginning(string prefix, ClaudeCredentialKind otherwise, ClaudeCredentialKind expected) =>
        ClaudeCredential.Recognise(new Secret(prefix + Guid.NewGuid().ToString("N")), otherwise).Kind.ShouldBe(expected);

    public void Dispose() => _credentials.Dispose();

    private static ClaudeCredential New() => new(ClaudeCredentialKind.ApiKey, new Secret(Guid.NewGuid().ToString("N")));

    private void Restart()
    {
        _credentials.Dispose();
        _vault = new PlainVault { DefaultSource = _vault.DefaultSource, Server = _vault.Server };
        _credentials = new UserCredentials(_vault, _sealer, _store, _time);
    }
}
