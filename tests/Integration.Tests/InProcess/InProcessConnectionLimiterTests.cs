using Claudy.Application.Users.Ports;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessConnectionLimiterTests : ConnectionLimiterContract
{
    private readonly InProcessConnectionLimiter _limiter = new();

    protected override IConnectionLimiter Limiter => _limiter;

    [Fact]
    public async Task DisposeAsync_WhenTheLastConnectionLeaves_ShouldForgetTheUser()
    {
        var place = (await _limiter.TryEnterAsync(TestSessions.NewUser(), 1, default)).ShouldNotBeNull();
        _limiter.ConnectedUsers.ShouldBe(1);

        await place.DisposeAsync();

        _limiter.ConnectedUsers.ShouldBe(0);
    }
}
