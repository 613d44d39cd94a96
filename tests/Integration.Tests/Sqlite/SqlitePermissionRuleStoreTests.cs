using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqlitePermissionRuleStoreTests : PermissionRuleStoreContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override IPermissionRuleStore Store => _host.Get<IPermissionRuleStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task AddAsync_WhenTheServerIsStartedAgain_ShouldBeThere()
    {
        var user = TestSessions.NewUser();
        await Store.AddAsync(user, ["Bash(a)"], PermissionEffect.Allow, default);

        await _host.RestartAsync();

        (await Store.FindAsync(user, default)).Allowed.ShouldBe(["Bash(a)"]);
    }
}
