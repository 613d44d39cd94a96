using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Users;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Authentication;

public sealed class SignInUpkeepTests : IAsyncLifetime, IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SignInId SignIn = SignInId.New(Now);
    private static readonly PersonalTokenId Token = PersonalTokenId.New(Now);

    private readonly FakeTimeProvider _time = new(Now);
    private readonly TestSignIns _signIns;
    private readonly SignInUpkeep _upkeep;

    public SignInUpkeepTests()
    {
        _signIns = new TestSignIns(_time);
        _upkeep = new SignInUpkeep(_signIns.Store, _signIns.PersonalTokens, _signIns.Revocations, _time, NullLogger<SignInUpkeep>.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _upkeep.StoppingAsync(CancellationToken.None);

    public void Dispose() => _upkeep.Dispose();

    [Fact]
    public async Task Starting_ShouldKnowWhatWasRevokedBeforeAnybodyIsLetIn()
    {
        Revoked([SignIn], [Token]);

        await _upkeep.StartingAsync(CancellationToken.None);

        _signIns.Revocations.IsRevoked(new Grant.SignIn(SignIn)).ShouldBeTrue();
        _signIns.Revocations.IsRevoked(new Grant.PersonalToken(Token)).ShouldBeTrue();

        // As long as an access token of the last moment may hold, by a clock that is off.
        await _signIns.Store.Received(1).ListRevokedAsync(Arg.Is<DateTimeOffset>(since => since < Now - TimeSpan.FromMinutes(16)), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Starting_WhenTheStoreCannotBeRead_ShouldNotGoOn()
    {
        _signIns.Store.ListRevokedAsync(default, default).ThrowsAsyncForAnyArgs(new StoreUnavailableException("gone", new IOException()));

        await Should.ThrowAsync<StoreUnavailableException>(() => _upkeep.StartingAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Running_WhenAnotherProcessRevokes_ShouldCloseConnectionsWithinSeconds()
    {
        await _upkeep.StartedAsync(CancellationToken.None);
        await Looks(1);
        Revoked([SignIn], [Token]);

        await TwoSecondsPassUntil(() => _signIns.Connections.Closed.Count == 2, "both were closed");

        _signIns.Connections.Closed.ShouldBe([new Grant.SignIn(SignIn), new Grant.PersonalToken(Token)]);
    }

    [Fact]
    public async Task Running_WhenALookFails_ShouldGoOn()
    {
        _signIns.Store.ListRevokedAsync(default, default).ThrowsAsyncForAnyArgs(new StoreUnavailableException("gone", new IOException()));
        await _upkeep.StartedAsync(CancellationToken.None);
        await Looks(1);
        Revoked([SignIn], []);

        await TwoSecondsPassUntil(() => _signIns.Revocations.IsRevoked(new Grant.SignIn(SignIn)), "it was learnt");
    }

    [Fact]
    public async Task Running_ShouldForgetWhatNoTokenCanNeed()
    {
        await _signIns.SignIns.EndAsync(SignIn);
        await _upkeep.StartedAsync(CancellationToken.None);
        await Looks(1);
        _signIns.Revocations.Count.ShouldBe(1);

        _time.Advance(TimeSpan.FromHours(1));

        await TwoSecondsPassUntil(() => _signIns.Revocations.Count == 0, "it was forgotten");
    }

    [Fact]
    public async Task Running_ShouldSweepOnceAnHour()
    {
        await _upkeep.StartedAsync(CancellationToken.None);
        await Sweeps(1);
        await TwoSecondsPassUntil(() => LookCount() >= 4, "it looked four times");

        SweepCount().ShouldBe(1);

        _time.Advance(TimeSpan.FromHours(1));
        await TwoSecondsPassUntil(() => SweepCount() == 2, "it swept again");
        await _signIns.PersonalTokens.Received(1).RemoveExpiredAsync(Now - TimeSpan.FromDays(30), Arg.Any<CancellationToken>());
    }

    private static int Count(object substitute, string method) => substitute.ReceivedCalls().Count(call => call.GetMethodInfo().Name == method);

    private void Revoked(SignInId[] signIns, PersonalTokenId[] tokens)
    {
        _signIns.Store.ListRevokedAsync(default, default).ReturnsForAnyArgs(signIns);
        _signIns.PersonalTokens.ListRevokedAsync(default, default).ReturnsForAnyArgs(tokens);
    }

    // Again and again: the next look may not wait for its time yet.
    private Task TwoSecondsPassUntil(Func<bool> condition, string what) => Eventually.ShouldHoldAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            return condition();
        },
        what);

    private int LookCount() => Count(_signIns.Store, nameof(IRefreshTokenStore.ListRevokedAsync));

    private int SweepCount() => Count(_signIns.PersonalTokens, nameof(IPersonalTokenStore.RemoveExpiredAsync));

    private Task Looks(int count) => Eventually.ShouldHoldAsync(() => LookCount() >= count, $"it looked {count} times");

    private Task Sweeps(int count) => Eventually.ShouldHoldAsync(() => SweepCount() == count, $"it swept {count} times");
}
