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
        CREATE TABLE sign_ins (
            id         TEXT NOT NULL PRIMARY KEY,
            owner      TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            ends_at    INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sign_ins_by_owner ON sign_ins (owner);
        CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
        CREATE INDEX sign_ins_revoked ON sign_ins (revoked_at) WHERE revoked_at IS NOT NULL;

        -- Hashes: SHA-256 in hexadecimal. A used token knows what took its place.
        CREATE TABLE refresh_tokens (
            hash       TEXT NOT NULL PRIMARY KEY,
            sign_in    TEXT NOT NULL REFERENCES sign_ins ON DELETE CASCADE,
            expires_at INTEGER NOT NULL,
            used_at    INTEGER,
            successor  TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refresh_tokens_by_sign_in ON refresh_tokens (sign_in);
        CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

        CREATE TABLE personal_tokens (
            id           TEXT NOT NULL PRIMARY KEY,
            owner        TEXT NOT NULL,
            name         TEXT NOT NULL,
            hash         TEXT NOT NULL UNIQUE,
            created_at   INTEGER NOT NULL,
            expires_at   INTEGER,
            last_used_at INTEGER,
            revoked_at   INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX personal_tokens_by_owner ON personal_tokens (owner);
        CREATE INDEX personal_tokens_revoked ON personal_tokens (revoked_at) WHERE revoked_at IS NOT NULL;
        """,
        """
        ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user';
        ALTER TABLE users ADD COLUMN issuer TEXT;
        ALTER TABLE users ADD COLUMN subject TEXT;
        ALTER TABLE users ADD COLUMN display_name TEXT;
        ALTER TABLE users ADD COLUMN email TEXT;
        ALTER TABLE users ADD COLUMN avatar_url TEXT;
        UPDATE users SET role = 'admin' WHERE username = 'local';
        CREATE UNIQUE INDEX users_by_identity ON users (issuer, subject) WHERE subject IS NOT NULL;
        CREATE INDEX users_by_folded_name ON users (username COLLATE NOCASE);
        """,
        """
        -- One row a request to the API. Money is in millionths of a US dollar; days are counted from 1970 (UTC).
        CREATE TABLE usage (
            id                TEXT NOT NULL PRIMARY KEY,
            at                INTEGER NOT NULL,
            owner             TEXT NOT NULL,
            session_id        TEXT NOT NULL,
            model             TEXT NOT NULL,
            input_tokens      INTEGER NOT NULL,
            output_tokens     INTEGER NOT NULL,
            cache_write       INTEGER NOT NULL,
            long_cache_write  INTEGER NOT NULL,
            cache_read        INTEGER NOT NULL,
            web_searches      INTEGER NOT NULL,
            cost              INTEGER,
            charged           INTEGER NOT NULL,
            status            INTEGER NOT NULL,
            is_cut            INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX usage_by_time ON usage (at);

        -- Their sums, kept as they come: what a month cost is read from these.
        CREATE TABLE usage_days (
            owner             TEXT NOT NULL,
            day               INTEGER NOT NULL,
            session_id        TEXT NOT NULL,
            model             TEXT NOT NULL,
            requests          INTEGER NOT NULL,
            unpriced          INTEGER NOT NULL,
            input_tokens      INTEGER NOT NULL,
            output_tokens     INTEGER NOT NULL,
            cache_write       INTEGER NOT NULL,
            long_cache_write  INTEGER NOT NULL,
            cache_read        INTEGER NOT NULL,
            web_searches      INTEGER NOT NULL,
            cost              INTEGER NOT NULL,
            charged           INTEGER NOT NULL,
            PRIMARY KEY (owner, day, session_id, model)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX usage_days_by_day ON usage_days (day);
        CREATE INDEX usage_days_by_session ON usage_days (session_id);
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
        """
        -- Null where something else than a membership lets the user in.
        ALTER TABLE users ADD COLUMN member_seen_at INTEGER;
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
