using System.Globalization;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>Searches the full-text index: first which events, then a snippet of those alone, since a snippet takes reading the text.</summary>
internal sealed class SqliteSessionSearch(SqliteReaders readers) : ISessionSearch
{
    // Control characters, which no searchable text has.
    private const char MatchBegins = '\u0001';
    private const char MatchEnds = '\u0002';
    private const int SnippetTokens = 24;

    private static readonly string SnippetSql = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        SELECT rowid, snippet(history, 2, char({(int)MatchBegins}), char({(int)MatchEnds}), '…', {SnippetTokens}) FROM history
        WHERE history MATCH $terms AND +rowid IN (SELECT value FROM json_each($rows))
        """);

    public Task<SearchPage> SearchAsync(HistoryQuery query, CancellationToken cancellationToken) =>
        readers.ReadAsync(connection => Search(connection, query), cancellationToken);

    private static SearchPage Search(PreparedConnection connection, HistoryQuery query)
    {
        var terms = Terms(query.Terms);

        // One more than asked tells whether there is a next page.
        var found = Find(connection, query, terms);
        var snippets = Snippets(connection, terms, found.Take(query.Limit).Select(hit => hit.Row));
        var hits = found.Take(query.Limit).Select(hit => hit.Hit with { Snippet = PartsOf(snippets[hit.Row]) }).ToList();
        return new SearchPage(hits, found.Count > query.Limit ? SearchCursor.Of(hits[^1]) : null);
    }

    /// <summary>Each term becomes a string, in which FTS5 knows no syntax but the doubled quote; of the last one the beginning is enough.</summary>
    private static string Terms(IReadOnlyList<string> terms) =>
        $"{string.Join(' ', terms.Select(term => $"\"{term.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))}*";

    private static List<(SearchHit Hit, long Row)> Find(PreparedConnection connection, HistoryQuery query, string terms)
    {
        var (first, last) = RangeOf(connection, query.Session);
        return connection.Query(
            """
            SELECT l.session_id, json_extract(CAST(s.state AS TEXT), '$.settings.name'), h.kind, h.at, h.rowid
            FROM history AS h CROSS JOIN logs AS l ON l.log_id = h.rowid >> 32 CROSS JOIN sessions AS s ON s.id = l.session_id
            WHERE history MATCH $terms AND h.rowid BETWEEN $first AND $last AND s.owner = $owner AND NOT s.is_deleting
              AND ($at IS NULL OR (h.at, l.session_id, h.rowid & 0xFFFFFFFF) < ($at, $session, $seq))
            ORDER BY h.at DESC, l.session_id DESC, h.rowid DESC LIMIT $limit
            """,
            static row => (ReadHit(row), row.GetInt64(4)),
            ("$terms", terms),
            ("$first", first),
            ("$last", last),
            ("$owner", query.Owner.ToString()),
            ("$at", query.After?.At.ToColumn()),
            ("$session", query.After?.Session.ToString()),
            ("$seq", query.After?.Seq),
            ("$limit", query.Limit + 1));
    }

    /// <summary>The rows of one session's log, or of all.</summary>
    private static (long First, long Last) RangeOf(PreparedConnection connection, SessionId? session)
    {
        if (session is not { } id)
        {
            return (0, long.MaxValue);
        }

        var log = connection.QuerySingle("SELECT log_id FROM logs WHERE session_id = $session", static row => row.GetInt64(0), ("$session", id.ToString()));
        return (HistoryIndex.RowOf(log, 0), HistoryIndex.RowOf(log, uint.MaxValue));
    }

    private static SearchHit ReadHit(SqliteDataReader row) => new(
        new SessionId(row.GetId(0)),
        row.GetString(1),
        row.GetInt64(4) & uint.MaxValue,
        HistoryIndex.ToKind(row.GetString(2)),
        row.GetTime(3),
        []);

    // The plus keeps SQLite from looking each row up by itself: the words are looked up anew each time, which is dear for beginnings.
    private static Dictionary<long, string> Snippets(PreparedConnection connection, string terms, IEnumerable<long> rows) =>
        connection.Query(
            SnippetSql, static row => (Row: row.GetInt64(0), Marked: row.GetString(1)), ("$terms", terms), ("$rows", $"[{string.Join(',', rows)}]"))
            .ToDictionary(static found => found.Row, static found => found.Marked);

    private static List<SnippetPart> PartsOf(string marked)
    {
        List<SnippetPart> parts = [];
        foreach (var piece in marked.Split(MatchBegins))
        {
            // Only the piece before the first mark has no end of one.
            var end = piece.IndexOf(MatchEnds);
            Add(parts, piece[..Math.Max(end, 0)], isMatch: true);
            Add(parts, piece[(end + 1)..], isMatch: false);
        }

        return parts;
    }

    private static void Add(List<SnippetPart> parts, string text, bool isMatch)
    {
        if (text.Length > 0)
        {
            parts.Add(new SnippetPart(text, isMatch));
        }
    }
}
