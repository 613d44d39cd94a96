using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every session directory must do.</summary>
public abstract class SessionDirectoryContract
{
    private readonly SessionId _session = TestSessions.NewId();

    protected abstract ISessionDirectory Directory { get; }

    [Fact]
    public async Task AcquireAsync_WhenSessionIsFree_ShouldGiveALeaseAboveTheMinimumEpoch()
    {
        var lease = (await Directory.AcquireAsync(_session, 41, default)).ShouldNotBeNull();

        lease.Session.ShouldBe(_session);
        lease.Epoch.ShouldBeGreaterThan(41);
        lease.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task AcquireAsync_WhenSessionIsHeld_ShouldBeNull()
    {
        await Directory.AcquireAsync(_session, 0, default);

        (await Directory.AcquireAsync(_session, 0, default)).ShouldBeNull();
    }

    [Fact]
    public async Task AcquireAsync_WhenAnotherSessionIsHeld_ShouldGiveALease()
    {
        await Directory.AcquireAsync(TestSessions.NewId(), 0, default);

        (await Directory.AcquireAsync(_session, 0, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task AcquireAsync_WhenManyTryAtOnce_ShouldGiveOneLease()
    {
        var leases = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Directory.AcquireAsync(_session, 0, default))));

        leases.Count(lease => lease is not null).ShouldBe(1);
    }

    [Fact]
    public async Task AcquireAsync_WhenSessionWasReleased_ShouldGiveAHigherEpoch()
    {
        var first = (await Directory.AcquireAsync(_session, 7, default)).ShouldNotBeNull();
        await Directory.ReleaseAsync(first, default);

        var second = (await Directory.AcquireAsync(_session, 0, default)).ShouldNotBeNull();

        second.Epoch.ShouldBeGreaterThan(first.Epoch);
    }

    [Fact]
    public async Task ReleaseAsync_WhenLeaseIsHeld_ShouldFireLost()
    {
        var lease = (await Directory.AcquireAsync(_session, 0, default)).ShouldNotBeNull();

        await Directory.ReleaseAsync(lease, default);

        lease.Lost.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task ReleaseAsync_WhenLeaseIsAnOlderOne_ShouldLeaveTheSessionHeld()
    {
        var old = (await Directory.AcquireAsync(_session, 0, default)).ShouldNotBeNull();
        await Directory.ReleaseAsync(old, default);
        var current = (await Directory.AcquireAsync(_session, 0, default)).ShouldNotBeNull();

        await Directory.ReleaseAsync(old, default);

        (await Directory.AcquireAsync(_session, 0, default)).ShouldBeNull();
        current.Lost.IsCancellationRequested.ShouldBeFalse();
    }
}
