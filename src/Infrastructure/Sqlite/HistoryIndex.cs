using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>The full-text index of events: table <c>history</c>, written in the transaction that writes the events.</summary>
internal static class HistoryIndex
{
    private const int FillPage = 500;

    /// <summary>The row of an event: its log above, its seq in the lower half, so that a log's rows are one range.</summary>
    public static long RowOf(long logId, long seq) => (logId << 32) | seq;

    /// <summary>The name of a kind in its column.</summary>
    public static string ToColumn(this SearchableKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>The kind of that name.</summary>
    public static SearchableKind ToKind(string column) =>
        Enum.GetValues<SearchableKind>().First(kind => kind.ToColumn() == column);

    /// <summary>Makes an event findable.</summary>
    public static void Add(PreparedConnection connection, long logId, long seq, long at, SearchableText searchable) =>
        connection.Execute(
            "INSERT INTO history (rowid, at, kind, text) VALUES ($row, $at, $kind, $text)",
            ("$row", RowOf(logId, seq)), ("$at", at), ("$kind", searchable.Kind.ToColumn()), ("$text", searchable.Text));

    /// <summary>Forgets events up to one of a log.</summary>
    public static void RemoveThrough(PreparedConnection connection, long logId, long seq) =>
        connection.Execute("DELETE FROM history WHERE rowid BETWEEN $first AND $last", ("$first", RowOf(logId, 0)), ("$last", RowOf(logId, seq)));

    /// <summary>Makes findable what was appended before there was an index.</summary>
    public static void Fill(PreparedConnection connection)
    {
        var (log, seq) = (0L, 0L);
        while (true)
        {
            var page = connection.Query(
                "SELECT log_id, seq, at, event FROM events WHERE (log_id, seq) > ($log, $seq) ORDER BY log_id, seq LIMIT $limit",
                static row => (Log: row.GetInt64(0), Seq: row.GetInt64(1), At: row.GetInt64(2), Event: row.GetBytes(3)),
                ("$log", log), ("$seq", seq), ("$limit", FillPage));
            foreach (var stored in page)
            {
                if (SearchableOf(stored.Event) is { } searchable)
                {
                    Add(connection, stored.Log, stored.Seq, stored.At, searchable);
                }
            }

            if (page.Count < FillPage)
            {
                return;
            }

            (log, seq) = (page[^1].Log, page[^1].Seq);
        }
    }

    private static SearchableText? SearchableOf(byte[] stored)
    {
        try
        {
            return SearchableText.Of(SessionEventJson.DecodeEvent(stored));
        }
        catch (StoredFormatException)
        {
            // One damaged event must not keep the server from starting; whoever reads its session hears of it.
            return null;
        }
    }
}
