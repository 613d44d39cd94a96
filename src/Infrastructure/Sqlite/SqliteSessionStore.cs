using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteSessionStore(SqliteWriter writer, SqliteReaders readers) : ISessionStore
{
    private const string Columns = "id, owner, created_at, last_activity_at, last_seq, state";

    public Task AddAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        var state = SessionEventJson.EncodeState(session.State);
        return writer.WriteAsync(connection => Add(connection, session, state, isHidden: false), cancellationToken);
    }

    public Task AddHiddenAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        var state = SessionEventJson.EncodeState(session.State);
        return writer.WriteAsync(connection => Add(connection, session, state, isHidden: true), cancellationToken);
    }

    public Task<bool> RevealAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        var state = SessionEventJson.EncodeState(session.State);
        return writer.WriteAsync(connection => Reveal(connection, session, state), cancellationToken);
    }

    public Task SaveAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        var state = SessionEventJson.EncodeState(session.State);
        return writer.WriteAsync(connection => Save(connection, session, state), cancellationToken);
    }

    public Task<SessionDocument?> FindAsync(SessionId id, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            connection => connection.QuerySingle($"SELECT {Columns} FROM sessions WHERE id = $id AND NOT is_deleting", ReadSession, ("$id", id.ToString())),
            cancellationToken);

    public Task<SessionPage> ListAsync(SessionFilter filter, CancellationToken cancellationToken) =>
        readers.ReadAsync(connection => List(connection, filter), cancellationToken);

    public Task<int> CountLiveAsync(UserId owner, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            connection => connection.QuerySingle(
                "SELECT count(*) FROM sessions WHERE owner = $owner AND status <> $terminated",
                static row => row.GetInt32(0),
                ("$owner", owner.ToString()), ("$terminated", SessionStatus.Terminated.ToColumn())),
            cancellationToken);

    public Task<IReadOnlyList<SessionId>> ListUnsettledAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<SessionId>>(
            static connection => connection.Query("SELECT id FROM sessions WHERE is_unsettled AND NOT is_deleting", static row => new SessionId(row.GetId(0))),
            cancellationToken);

    public Task<IReadOnlyList<SessionId>> ListUnusedAsync(SessionStatus status, DateTimeOffset before, SessionId? after, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<SessionId>>(
            connection => connection.Query(
                """
                SELECT id FROM sessions
                WHERE status = $status AND last_activity_at < $before AND NOT is_unsettled AND NOT is_deleting
                  AND ($after IS NULL OR (last_activity_at, id) > ((SELECT last_activity_at FROM sessions WHERE id = $after), $after))
                ORDER BY last_activity_at, id LIMIT $limit
                """,
                static row => new SessionId(row.GetId(0)),
                ("$status", status.ToColumn()), ("$before", before.ToColumn()), ("$after", after?.ToString()), ("$limit", limit)),
            cancellationToken);

    public Task MarkDeletingAsync(SessionId id, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => connection.Execute("UPDATE sessions SET is_deleting = 1 WHERE id = $id", ("$id", id.ToString())), cancellationToken);

    public Task<IReadOnlyList<SessionId>> ListDeletingAsync(SessionId? after, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<SessionId>>(
            connection => connection.Query(
                "SELECT id FROM sessions WHERE is_deleting AND id > $after ORDER BY id LIMIT $limit",
                static row => new SessionId(row.GetId(0)),
                ("$after", after?.ToString() ?? ""), ("$limit", limit)),
            cancellationToken);

    public Task DeleteAsync(SessionId id, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => connection.Execute("DELETE FROM sessions WHERE id = $id", ("$id", id.ToString())), cancellationToken);

    private static bool Add(PreparedConnection connection, SessionDocument session, byte[] state, bool isHidden)
    {
        var added = connection.Execute(
            """
            INSERT INTO sessions (id, owner, created_at, last_activity_at, last_seq, status, is_unsettled, folded_name, state, is_deleting)
            VALUES ($id, $owner, $created, $activity, $seq, $status, $unsettled, $name, $state, $hidden)
            ON CONFLICT (id) DO NOTHING
            """,
            [("$owner", session.Owner.ToString()), ("$created", session.CreatedAt.ToColumn()), ("$hidden", isHidden), .. Changing(session, state)]);
        return added == 1 ? true : throw new InvalidOperationException($"There is a session {session.Id} already.");
    }

    private static bool Save(PreparedConnection connection, SessionDocument session, byte[] state) =>
        connection.Execute(
            """
            UPDATE sessions
            SET last_activity_at = $activity, last_seq = $seq, status = $status, is_unsettled = $unsettled, folded_name = $name, state = $state
            WHERE id = $id AND last_seq <= $seq
            """,
            Changing(session, state)) == 1;

    private static bool Reveal(PreparedConnection connection, SessionDocument session, byte[] state) =>
        connection.Execute(
            """
            UPDATE sessions
            SET last_activity_at = $activity, last_seq = $seq, status = $status, is_unsettled = $unsettled, folded_name = $name, state = $state, is_deleting = 0
            WHERE id = $id AND is_deleting
            """,
            Changing(session, state)) == 1;

    private static (string Name, object? Value)[] Changing(SessionDocument session, byte[] state) =>
    [
        ("$id", session.Id.ToString()),
        ("$activity", session.LastActivityAt.ToColumn()),
        ("$seq", session.LastSeq),
        ("$status", session.State.Status.ToColumn()),
        ("$unsettled", session.IsUnsettled),
        ("$name", Fold(session.State.Settings.Name)),
        ("$state", state),
    ];

    private static SessionPage List(PreparedConnection connection, SessionFilter filter)
    {
        var after = filter.Cursor is { } text ? SessionCursor.Parse(text) : SessionCursor.Start;

        // One more than asked tells whether there is a next page.
        var found = connection.Query(
            $"""
            SELECT {Columns} FROM sessions
            WHERE owner = $owner AND NOT is_deleting AND (last_activity_at, id) < ($activity, $id)
              AND ($status IS NULL OR status = $status) AND ($query IS NULL OR instr(folded_name, $query) > 0)
            ORDER BY last_activity_at DESC, id DESC LIMIT $limit
            """,
            ReadSession,
            ("$owner", filter.Owner.ToString()),
            ("$activity", after.LastActivityAt.ToColumn()),
            ("$id", after.Id.ToString()),
            ("$status", filter.Status?.ToColumn()),
            ("$query", filter.Query is { } query ? Fold(query) : null),
            ("$limit", filter.Limit + 1));
        if (found.Count <= filter.Limit)
        {
            return new SessionPage(found, null);
        }

        found.RemoveAt(filter.Limit);
        return new SessionPage(found, SessionCursor.Of(found[^1]).ToString());
    }

    private static SessionDocument ReadSession(SqliteDataReader row) => new(
        new SessionId(row.GetId(0)),
        new UserId(row.GetId(1)),
        row.GetTime(2),
        row.GetTime(3),
        row.GetInt64(4),
        SessionEventJson.DecodeState(row.GetBytes(5)));

    private static string Fold(string text) => text.ToUpperInvariant();
}
