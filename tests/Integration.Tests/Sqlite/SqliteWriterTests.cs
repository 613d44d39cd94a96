using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.Sqlite;
using Claudy.Integration.Tests.Contracts;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteWriterTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private SqliteHost _host = null!;

    private SqliteWriter Writer => _host.Get<SqliteWriter>();

    private ISessionEventLog Log => _host.Get<ISessionEventLog>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task WriteAsync_WhenWritesWait_ShouldCommitThemAsOne()
    {
        using var gate = await BlockAsync();
        var users = Enumerable.Range(0, 10).Select(i => AddUserAsync($"user {i}")).ToList();
        var seenByOthers = Writer.WriteAsync(_ => CountUsers(), default);

        gate.Open();

        await Task.WhenAll(users).WaitAsync(Deadline);
        (await seenByOthers).ShouldBe(0, "the writes before it in the group were committed apart from it");
        CountUsers().ShouldBe(10);
    }

    [Fact]
    public async Task WriteAsync_WhenOneOfAGroupIsAtFault_ShouldFailAloneAndLeaveNothing()
    {
        using var gate = await BlockAsync();
        var before = AddUserAsync("before");
        var faulty = Writer.WriteAsync<bool>(
            connection =>
            {
                AddUser(connection, "faulty");
                throw new InvalidOperationException("a fault of its own");
            },
            default);
        var after = AddUserAsync("after");

        gate.Open();

        await Task.WhenAll(before, after).WaitAsync(Deadline);
        (await Should.ThrowAsync<InvalidOperationException>(faulty)).Message.ShouldBe("a fault of its own");
        CountUsers().ShouldBe(2);
    }

    [Fact]
    public async Task AppendAsync_WhenTheStoreIsFull_ShouldSaySoAndWorkAgainWhenThereIsSpace()
    {
        var session = TestSessions.NewId();
        var large = new string('x', 1_000_000);
        await Log.AppendAsync(session, 1, 0, TestSessions.Events(0, 1), default);
        await LimitPagesAsync(20);

        await Should.ThrowAsync<StoreUnavailableException>(() => Log.AppendAsync(session, 1, 1, [TestSessions.Event(2, "fits"), TestSessions.Event(3, large)], default));
        await Should.ThrowAsync<StoreUnavailableException>(() => Log.AppendAsync(session, 1, 1, [TestSessions.Event(2, large)], default));
        (await Log.HeadAsync(session, default)).LastSeq.ShouldBe(1);

        await LimitPagesAsync(1_000_000);
        (await Log.AppendAsync(session, 1, 1, [TestSessions.Event(2, large)], default)).IsSuccess.ShouldBeTrue();
        (await Log.ReadAfterAsync(session, 0, 10, default)).Select(e => e.Seq).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task WriteAsync_WhenTheStoreIsFullInTheMidstOfAStatement_ShouldLeaveNothingAndGoOn()
    {
        const string ManyUsers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO users (id, username, created_at) SELECT i, i, 0 FROM n";
        await LimitPagesAsync(20);

        await Should.ThrowAsync<StoreUnavailableException>(() => Writer.WriteAsync(connection => AddUser(connection, "first") + connection.Execute(ManyUsers), default));

        CountUsers().ShouldBe(0);
        (await AddUserAsync("next")).ShouldBe(1);
    }

    [Fact]
    public async Task AppendAsync_WhenAnotherProcessKeepsTheStoreLocked_ShouldSaySoAndWorkAgainAfterwards()
    {
        var session = TestSessions.NewId();
        await using (var other = new SqliteConnection($"Data Source={_host.DatabasePath};Pooling=False"))
        {
            await other.OpenAsync();
            Run(other, "BEGIN IMMEDIATE");

            await Should.ThrowAsync<StoreUnavailableException>(() => Log.AppendAsync(session, 1, 0, TestSessions.Events(0, 1), default));

            Run(other, "ROLLBACK");
        }

        (await Log.AppendAsync(session, 1, 0, TestSessions.Events(0, 1), default)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task AppendAsync_WhenTheWriterIsClosed_ShouldSayThatTheStoreIsAway()
    {
        await Writer.DisposeAsync();

        await Should.ThrowAsync<StoreUnavailableException>(() => Log.AppendAsync(TestSessions.NewId(), 1, 0, TestSessions.Events(0, 1), default));
    }

    [Fact]
    public async Task DisposeAsync_WhenWritesWait_ShouldCommitThem()
    {
        using var gate = await BlockAsync();
        var added = AddUserAsync("waits");

        var disposed = Writer.DisposeAsync();
        gate.Open();
        await disposed;

        (await added).ShouldBe(1);
        CountUsers().ShouldBe(1);
    }

    [Fact]
    public async Task WriteAsync_WhenTheCallerGivesUp_ShouldStopWaiting()
    {
        using var gate = await BlockAsync();
        using var givesUp = new CancellationTokenSource();
        var write = Writer.WriteAsync(_ => true, givesUp.Token);

        await givesUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(write);
    }

    private static int AddUser(PreparedConnection connection, string name) =>
        connection.Execute("INSERT INTO users (id, username, created_at) VALUES ($id, $name, 0)", ("$id", Guid.NewGuid().ToString()), ("$name", name));

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private Task<int> AddUserAsync(string name) => Writer.WriteAsync(connection => AddUser(connection, name), default);

    private int CountUsers()
    {
        using var connection = _host.Get<SqliteDatabase>().OpenForReading();
        return connection.QuerySingle("SELECT count(*) FROM users", row => row.GetInt32(0));
    }

    private Task<int> LimitPagesAsync(int pages) =>
        Writer.WriteAsync(connection => connection.Execute($"PRAGMA max_page_count = {pages}"), default);

    /// <summary>Keeps the writer busy, so that what comes next waits and makes one group.</summary>
    private async Task<Gate> BlockAsync()
    {
        var gate = new Gate();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Writer.WriteAsync(
            _ =>
            {
                entered.SetResult();
                return gate.WaitUntilOpen();
            },
            default);
        await entered.Task.WaitAsync(Deadline);
        return gate;
    }

    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _opened = new();

        public void Open() => _opened.Set();

        public bool WaitUntilOpen() => _opened.Wait(Deadline);

        public void Dispose() => _opened.Set();
    }
}
