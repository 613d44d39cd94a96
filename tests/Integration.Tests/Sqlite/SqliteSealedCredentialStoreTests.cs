using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Contracts;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteSealedCredentialStoreTests : SealedCredentialStoreContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override ISealedCredentialStore Store => _host.Get<ISealedCredentialStore>();

    protected override ISessionStore Sessions => _host.Get<ISessionStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();
}
