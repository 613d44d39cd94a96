using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Contracts;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteSessionEventLogTests : SessionEventLogContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override ISessionEventLog Log => _host.Get<ISessionEventLog>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task ReadAfterAsync_WhenTheServerWasRestarted_ShouldGiveWhatWasAppended()
    {
        var session = TestSessions.NewId();
        await Log.AppendAsync(session, 3, 0, TestSessions.Events(0, 5), default);

        await _host.RestartAsync();

        (await Log.ReadAfterAsync(session, 0, 100, default)).ShouldBe(TestSessions.Events(0, 5));
        (await Log.HeadAsync(session, default)).ShouldBe(new SessionHead(5, 3));
    }
}
