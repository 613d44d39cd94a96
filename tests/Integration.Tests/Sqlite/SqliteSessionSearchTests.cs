using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Sqlite;
using Claudy.Integration.Tests.Contracts;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sqlite;

public sealed class SqliteSessionSearchTests : SessionSearchContract, IAsyncLifetime
{
    private SqliteHost _host = null!;

    protected override ISessionSearch Search => _host.Get<ISessionSearch>();

    protected override ISessionEventLog Log => _host.Get<ISessionEventLog>();

    protected override ISessionStore Store => _host.Get<ISessionStore>();

    public async Task InitializeAsync() => _host = await SqliteHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Start_WhenTheDatabaseHasNoIndexYet_ShouldMakeOneOfAllThatIsThere()
    {
        await using var host = new SqliteHost();
        var session = TestSessions.Document(TestSessions.NewUser(), "older than the index");
        await MakeFirstSchemaAsync(host.DatabasePath, session, events: 1200);

        await host.StartHostAsync();

        var found = await host.Get<ISessionSearch>().SearchAsync(new HistoryQuery(session.Owner, null, ["needle"], 10, null), default);
        found.Hits.Select(hit => hit.Seq).ShouldBe([1200, 600]);
        (await host.Get<ISessionStore>().FindAsync(session.Id, default)).ShouldNotBeNull().State.Settings.Name.ShouldBe("older than the index");
        (await host.Get<ISessionEventLog>().ReadAfterAsync(session.Id, 599, 1, default)).ShouldHaveSingleItem().Event.ShouldBe(Needle);
    }

    [Fact]
    public async Task DeleteAsync_ShouldLeaveNoRow_AndNoWordInAnIndexThatWasMerged()
    {
        var session = TestSessions.Document(TestSessions.NewUser());
        await Store.AddAsync(session, default);
        await Log.AppendAsync(session.Id, 1, 0, [.. Enumerable.Range(1, 450).Select(i => TestSessions.Event(i, $"Xylophone number{i}"))], default);

        await Log.DeleteAsync(session.Id, default);
        await Store.DeleteAsync(session.Id, default);

        await _host.Get<SqliteWriter>().WriteAsync(
            connection =>
            {
                connection.Execute("INSERT INTO history (history) VALUES ('optimize')");
                connection.Execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab (main, history, row)");
                Count(connection, "temp.words").ShouldBe(0);
                foreach (var table in new[] { "sessions", "logs", "events", "history" })
                {
                    Count(connection, table).ShouldBe(0, table);
                }

                return true;
            },
            default);
    }

    [Fact]
    public async Task DeleteAsync_WhenAnEarlierOneDiedHalfWay_ShouldFinish()
    {
        var session = TestSessions.NewId();
        await Log.AppendAsync(session, 1, 0, TestSessions.Events(0, 5), default);
        await _host.Get<SqliteWriter>().WriteAsync(
            connection => connection.Execute("UPDATE logs SET session_id = 'deleted ' || session_id || ' ' || log_id; DELETE FROM events WHERE seq < 3"), default);

        await Log.DeleteAsync(session, default);

        await _host.Get<SqliteWriter>().WriteAsync(
            connection =>
            {
                Count(connection, "events").ShouldBe(0);
                Count(connection, "history").ShouldBe(0);
                Count(connection, "logs").ShouldBe(0);
                return true;
            },
            default);
    }

    [Fact]
    public async Task DeleteAsync_ShouldGiveItsSpaceToWhatComesNext()
    {
        var pages = 0L;
        for (var round = 0; round < 4; round++)
        {
            var session = TestSessions.NewId();
            await Log.AppendAsync(session, 1, 0, [.. Enumerable.Range(1, 300).Select(i => TestSessions.Event(i, new string('x', 4000)))], default);
            if (round == 1)
            {
                pages = await PagesAsync();
            }

            await Log.DeleteAsync(session, default);
        }

        (await PagesAsync()).ShouldBeLessThan(pages * 11 / 10);
    }

    private static AssistantText Needle => new("m", "a needle", IsPartial: false, null);

    private static long Count(PreparedConnection connection, string table) =>
        connection.QuerySingle($"SELECT count(*) FROM {table}", static row => row.GetInt64(0));

    private Task<long> PagesAsync() =>
        _host.Get<SqliteWriter>().WriteAsync(static connection => connection.QuerySingle("PRAGMA page_count", static row => row.GetInt64(0)), default);

    /// <summary>A database as the first schema had it, frozen here.</summary>
    private static async Task MakeFirstSchemaAsync(string path, SessionDocument session, int events)
    {
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync();
        Run(
            connection,
            """
            CREATE TABLE users (id TEXT NOT NULL PRIMARY KEY, username TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE sessions (
                id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, created_at INTEGER NOT NULL, last_activity_at INTEGER NOT NULL,
                last_seq INTEGER NOT NULL, status TEXT NOT NULL, is_unsettled INTEGER NOT NULL, folded_name TEXT NOT NULL, state BLOB NOT NULL
            ) STRICT;
            CREATE INDEX sessions_by_owner ON sessions (owner, last_activity_at DESC, id DESC);
            CREATE INDEX sessions_unsettled ON sessions (id) WHERE is_unsettled;
            CREATE TABLE logs (log_id INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, last_seq INTEGER NOT NULL, epoch INTEGER NOT NULL) STRICT;
            CREATE TABLE events (
                log_id INTEGER NOT NULL REFERENCES logs, seq INTEGER NOT NULL, at INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (log_id, seq)
            ) STRICT;
            PRAGMA user_version = 1;
            BEGIN;
            """);
        Run(
            connection,
            "INSERT INTO sessions VALUES ($id, $owner, 0, 0, $last, 'idle', 1, 'OLDER', $state); INSERT INTO logs VALUES (1, $id, $last, 1)",
            ("$id", session.Id.ToString()), ("$owner", session.Owner.ToString()), ("$last", events), ("$state", SessionEventJson.EncodeState(session.State)));
        for (var seq = 1; seq <= events; seq++)
        {
            SessionEvent said = seq % 600 == 0 ? Needle : new StatusChanged(SessionStatus.Running, null);
            var stored = seq == 7 ? "damaged"u8.ToArray() : SessionEventJson.EncodeEvent(said);
            Run(connection, "INSERT INTO events VALUES (1, $seq, $seq, $event)", ("$seq", seq), ("$event", stored));
        }

        Run(connection, "COMMIT");
    }

    private static void Run(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> arguments)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in arguments)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }
}
