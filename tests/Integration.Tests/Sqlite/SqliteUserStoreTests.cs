using Claudy.Application.Users.Ports;
using Claudy.Integration.Tests.Contracts;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteUserStoreTests : UserStoreContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override IUserStore Store => _host.Get<IUserStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
