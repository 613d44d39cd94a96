using Claudy.Application.Authentication.Ports;
using Claudy.Integration.Tests.Contracts;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqlitePersonalTokenStoreTests : PersonalTokenStoreContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override IPersonalTokenStore Store => _host.Get<IPersonalTokenStore>();

    protected override IRefreshTokenStore SignIns => _host.Get<IRefreshTokenStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
