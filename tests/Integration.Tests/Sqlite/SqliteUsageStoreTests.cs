using Claudy.Application.Usage.Ports;
using Claudy.Integration.Tests.Contracts;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteUsageStoreTests : UsageStoreContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override IUsageStore Store => _host.Get<IUsageStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
