using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteSessionStoreTests : SessionStoreContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override ISessionStore Store => _host.Get<ISessionStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task ListAsync_WhenTheCursorIsNone_ShouldThrow() =>
        await Should.ThrowAsync<FormatException>(() => Store.ListAsync(new SessionFilter(TestSessions.NewUser(), null, null, 10, "nonsense"), default));
}
