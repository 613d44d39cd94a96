namespace Claudy.Infrastructure.Sqlite;

/// <summary>The tables, as a list of steps; <c>PRAGMA user_version</c> tells how many of them a database has taken.</summary>
/// <remarks>Times are ticks of 100 ns since 1970 (UTC), which keeps a time exactly; ids are UUIDs as text, for whoever looks with the sqlite3 tool.</remarks>
internal static class SqliteSchema
{
    // A released step is never changed; a change of the schema is a further step.
    private static readonly Step[] Steps =
    [
        """
        CREATE TABLE users (
            id         TEXT NOT NULL PRIMARY KEY,
            username   TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sessions (
            id               TEXT NOT NULL PRIMARY KEY,
            owner            TEXT NOT NULL,
            created_at       INTEGER NOT NULL,
            last_activity_at INTEGER NOT NULL,
            last_seq         INTEGER NOT NULL,
            status           TEXT NOT NULL,
            is_unsettled     INTEGER NOT NULL,
            folded_name      TEXT NOT NULL,
            state            BLOB NOT NULL
        ) STRICT;
        CREATE INDEX sessions_by_owner ON sessions (owner, last_activity_at DESC, id DESC);
        CREATE INDEX sessions_unsettled ON sessions (id) WHERE is_unsettled;

        -- Where each session's log ends. Its own small key spares every event a UUID.
        CREATE TABLE logs (
            log_id     INTEGER PRIMARY KEY,
            session_id TEXT NOT NULL UNIQUE,
            last_seq   INTEGER NOT NULL,
            epoch      INTEGER NOT NULL
        ) STRICT;

        -- With a rowid: events of all sessions are appended to one place, and long ones fill pages well.
        CREATE TABLE events (
            log_id INTEGER NOT NULL REFERENCES logs,
            seq    INTEGER NOT NULL,
            at     INTEGER NOT NULL,
            event  BLOB NOT NULL,
            PRIMARY KEY (log_id, seq)
        ) STRICT;
        """,
        new(
            """
            -- Being removed: nothing but the removal sees it any more.
            ALTER TABLE sessions ADD COLUMN is_deleting INTEGER NOT NULL DEFAULT 0;
            CREATE INDEX sessions_deleting ON sessions (id) WHERE is_deleting;
            CREATE INDEX sessions_by_status ON sessions (status, last_activity_at);

            -- What a search finds; the rowid is log_id and seq. Nothing is ranked, so the sizes that ranking needs are not kept.
            CREATE VIRTUAL TABLE history USING fts5 (
                at UNINDEXED, kind UNINDEXED, text, columnsize = 0, tokenize = "unicode61 remove_diacritics 2"
            );
            """,
            HistoryIndex.Fill),
        """
        -- In the order they were added, which is that of the key.
        CREATE TABLE permission_rules (
            rule_id INTEGER PRIMARY KEY AUTOINCREMENT,
            owner   TEXT NOT NULL,
            rule    TEXT NOT NULL,
            effect  TEXT NOT NULL,
            UNIQUE (owner, rule)
        ) STRICT;
        """,
        """
        -- Sealed under keys that are not in here. An empty session stands for all of the owner's; without a sealed value
        -- it says that the owner's was held in memory only.
        CREATE TABLE credentials (
            owner    TEXT NOT NULL,
            session  TEXT NOT NULL,
            given_at INTEGER NOT NULL,
            key_id   TEXT,
            sealed   BLOB,
            PRIMARY KEY (owner, session)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX credentials_by_session ON credentials (session);
        CREATE INDEX credentials_by_key ON credentials (key_id) WHERE key_id IS NOT NULL;
        """,
    ];

    /// <summary>Brings a database up to date.</summary>
    /// <exception cref="NotSupportedException">A newer version of Claudy made it.</exception>
    public static void Migrate(PreparedConnection connection)
    {
        while (true)
        {
            connection.Execute("BEGIN IMMEDIATE");
            var version = connection.QuerySingle("PRAGMA user_version", static row => row.GetInt32(0));
            if (version > Steps.Length)
            {
                connection.Execute("ROLLBACK");
                throw new NotSupportedException($"The database {connection.Path} has schema {version}, made by a newer version of Claudy; this one knows up to {Steps.Length}.");
            }

            if (version == Steps.Length)
            {
                connection.Execute("ROLLBACK");
                return;
            }

            connection.Execute(Steps[version].Sql);
            Steps[version].Fill?.Invoke(connection);
            connection.Execute($"PRAGMA user_version = {version + 1}");
            connection.Execute("COMMIT");
        }
    }

    /// <summary>A change of the schema.</summary>
    /// <param name="Sql">The statements.</param>
    /// <param name="Fill">What SQL cannot say; in the same transaction.</param>
    private sealed record Step(string Sql, Action<PreparedConnection>? Fill = null)
    {
        public static implicit operator Step(string sql) => new(sql);
    }
}
