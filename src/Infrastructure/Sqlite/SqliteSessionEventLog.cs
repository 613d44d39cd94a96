using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteSessionEventLog(SqliteWriter writer, SqliteReaders readers) : ISessionEventLog
{
    private const long DeletePage = 200;

    private static readonly SessionHead Empty = new(0, 0);

    public async Task<Result> AppendAsync(SessionId session, long epoch, long afterSeq, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        var rows = Encode(events, afterSeq);
        var appended = await writer.WriteAsync(connection => TryAppend(connection, session, epoch, afterSeq, rows), cancellationToken);
        return appended ? Result.Success() : SessionErrors.Moved();
    }

    public Task<IReadOnlyList<StoredEvent>> ReadAfterAsync(SessionId session, long afterSeq, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<StoredEvent>>(
            connection => connection.Query(
                """
                SELECT e.seq, e.at, e.event FROM logs AS l JOIN events AS e ON e.log_id = l.log_id
                WHERE l.session_id = $session AND e.seq > $after ORDER BY e.seq LIMIT $limit
                """,
                ReadEvent,
                ("$session", session.ToString()), ("$after", afterSeq), ("$limit", Checked(limit))),
            cancellationToken);

    public Task<IReadOnlyList<StoredEventJson>> ReadPageAsync(SessionId session, long afterSeq, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        return readers.ReadAsync<IReadOnlyList<StoredEventJson>>(
            connection =>
            {
                // Rows are read one by one, so that what is left out costs nothing.
                var left = maxBytes;
                return connection.QueryWhile(
                    """
                    SELECT e.seq, e.at, e.event FROM logs AS l JOIN events AS e ON e.log_id = l.log_id
                    WHERE l.session_id = $session AND e.seq > $after ORDER BY e.seq
                    """,
                    row =>
                    {
                        var bytes = row.GetBytes(2);
                        left -= bytes.Length;
                        return new StoredEventJson(row.GetInt64(0), row.GetTime(1), bytes);
                    },
                    () => left > 0,
                    ("$session", session.ToString()), ("$after", afterSeq));
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<StoredEvent>> ReadBeforeAsync(SessionId session, long beforeSeq, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<StoredEvent>>(
            connection =>
            {
                var events = connection.Query(
                    """
                    SELECT e.seq, e.at, e.event FROM logs AS l JOIN events AS e ON e.log_id = l.log_id
                    WHERE l.session_id = $session AND e.seq < $before ORDER BY e.seq DESC LIMIT $limit
                    """,
                    ReadEvent,
                    ("$session", session.ToString()), ("$before", beforeSeq), ("$limit", Checked(limit)));
                events.Reverse();
                return events;
            },
            cancellationToken);

    public Task<SessionHead> HeadAsync(SessionId session, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            connection => connection.QuerySingle(
                "SELECT last_seq, epoch FROM logs WHERE session_id = $session",
                static row => new SessionHead(row.GetInt64(0), row.GetInt64(1)),
                ("$session", session.ToString())) ?? Empty,
            cancellationToken);

    public async Task DeleteAsync(SessionId session, CancellationToken cancellationToken)
    {
        foreach (var log in await writer.WriteAsync(connection => PutAside(connection, session), cancellationToken))
        {
            // A few at a time: the writer is everyone's, and a long log holds megabytes.
            for (var seq = 0L; seq < log.LastSeq;)
            {
                seq = Math.Min(seq + DeletePage, log.LastSeq);
                var through = seq;
                await writer.WriteAsync(connection => RemoveThrough(connection, log, through), cancellationToken);
            }
        }
    }

    /// <summary>Encodes on the caller's thread: the writer's is everyone's.</summary>
    private static EventRow[] Encode(IReadOnlyList<StoredEvent> events, long afterSeq)
    {
        if (events.Count == 0)
        {
            throw new ArgumentException("There is nothing to append.", nameof(events));
        }

        var rows = new EventRow[events.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            if (events[i].Seq != afterSeq + 1 + i)
            {
                throw new ArgumentException($"Event {events[i].Seq} cannot be number {i + 1} after {afterSeq}.", nameof(events));
            }

            rows[i] = new EventRow(events[i].Seq, events[i].At.ToColumn(), SessionEventJson.EncodeEvent(events[i].Event), SearchableText.Of(events[i].Event));
        }

        return rows;
    }

    private static bool TryAppend(PreparedConnection connection, SessionId session, long epoch, long afterSeq, EventRow[] rows)
    {
        var id = session.ToString();
        var head = connection.QuerySingle(
            "SELECT last_seq, epoch FROM logs WHERE session_id = $session",
            static row => new SessionHead(row.GetInt64(0), row.GetInt64(1)),
            ("$session", id)) ?? Empty;
        if (epoch < head.Epoch || afterSeq != head.LastSeq)
        {
            return false;
        }

        var logId = connection.QuerySingle(
            """
            INSERT INTO logs (session_id, last_seq, epoch) VALUES ($session, $last, $epoch)
            ON CONFLICT (session_id) DO UPDATE SET last_seq = $last, epoch = $epoch
            RETURNING log_id
            """,
            static row => row.GetInt64(0),
            ("$session", id), ("$last", rows[^1].Seq), ("$epoch", epoch));
        foreach (var row in rows)
        {
            connection.Execute(
                "INSERT INTO events (log_id, seq, at, event) VALUES ($log, $seq, $at, $event)",
                ("$log", logId), ("$seq", row.Seq), ("$at", row.At), ("$event", row.Event));
            if (row.Searchable is { } searchable)
            {
                HistoryIndex.Add(connection, logId, row.Seq, row.At, searchable);
            }
        }

        return true;
    }

    /// <summary>Takes the session's name from its log, so that nobody reads or appends to what is being removed.</summary>
    /// <returns>That log, and what an earlier removal left.</returns>
    private static List<Log> PutAside(PreparedConnection connection, SessionId session)
    {
        connection.Execute(
            "UPDATE logs SET session_id = 'deleted ' || session_id || ' ' || log_id WHERE session_id = $session", ("$session", session.ToString()));
        return connection.Query(
            "SELECT log_id, last_seq FROM logs WHERE session_id BETWEEN 'deleted ' || $session || ' ' AND 'deleted ' || $session || '!'",
            static row => new Log(row.GetInt64(0), row.GetInt64(1)),
            ("$session", session.ToString()));
    }

    /// <summary>Removes events up to one; with the last of them the log.</summary>
    private static int RemoveThrough(PreparedConnection connection, Log log, long seq)
    {
        HistoryIndex.RemoveThrough(connection, log.Id, seq);
        var removed = connection.Execute("DELETE FROM events WHERE log_id = $log AND seq <= $seq", ("$log", log.Id), ("$seq", seq));
        return seq < log.LastSeq ? removed : removed + connection.Execute("DELETE FROM logs WHERE log_id = $log", ("$log", log.Id));
    }

    private static StoredEvent ReadEvent(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetTime(1), SessionEventJson.DecodeEvent(row.GetBytes(2)));

    private static int Checked(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return limit;
    }

    private sealed record EventRow(long Seq, long At, byte[] Event, SearchableText? Searchable);

    private sealed record Log(long Id, long LastSeq);
}
