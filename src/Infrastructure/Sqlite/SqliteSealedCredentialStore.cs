using Claudy.Application.Credentials.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteSealedCredentialStore(SqliteWriter writer, SqliteReaders readers) : ISealedCredentialStore
{
    private const string Columns = "owner, session, given_at, key_id, sealed";
    private const string ForAllSessions = "";

    public Task SaveAsync(StoredCredential credential, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection => connection.Execute(
                $"""
                INSERT INTO credentials ({Columns}) VALUES ($owner, $session, $given, $key, $sealed)
                ON CONFLICT (owner, session) DO UPDATE SET given_at = $given, key_id = $key, sealed = $sealed
                """,
                ("$owner", credential.Scope.Owner.ToString()),
                ("$session", SessionOf(credential.Scope)),
                ("$given", credential.GivenAt.ToColumn()),
                ("$key", credential.Value?.KeyId),
                ("$sealed", credential.Value?.Bytes)),
            cancellationToken);

    public Task<StoredCredential?> FindAsync(CredentialScope scope, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            connection => connection.QuerySingle(
                $"SELECT {Columns} FROM credentials WHERE owner = $owner AND session = $session",
                Read,
                ("$owner", scope.Owner.ToString()),
                ("$session", SessionOf(scope))),
            cancellationToken);

    public Task DeleteAsync(SessionId session, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection => connection.Execute("DELETE FROM credentials WHERE session = $session", ("$session", session.ToString())), cancellationToken);

    public Task DeleteAsync(UserId user, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection => connection.Execute(
                "DELETE FROM credentials WHERE owner = $owner AND session = $all", ("$owner", user.ToString()), ("$all", ForAllSessions)),
            cancellationToken);

    public Task<int> DeleteOrphansAsync(CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection => connection.Execute(
                """
                DELETE FROM credentials
                WHERE session <> $all AND session NOT IN (SELECT id FROM sessions WHERE status <> $terminated AND NOT is_deleting)
                """,
                ("$all", ForAllSessions),
                ("$terminated", SessionStatus.Terminated.ToColumn())),
            cancellationToken);

    public Task<IReadOnlyDictionary<string, int>> CountByKeyAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyDictionary<string, int>>(
            connection => connection
                .Query(
                    "SELECT key_id, count(*) FROM credentials WHERE key_id IS NOT NULL GROUP BY key_id",
                    static row => (KeyId: row.GetString(0), Count: row.GetInt32(1)))
                .ToDictionary(row => row.KeyId, row => row.Count, StringComparer.Ordinal),
            cancellationToken);

    public Task<IReadOnlyList<StoredCredential>> ListAsync(string keyId, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<StoredCredential>>(
            connection => connection.Query(
                $"SELECT {Columns} FROM credentials WHERE key_id = $key ORDER BY owner, session LIMIT $limit", Read, ("$key", keyId), ("$limit", limit)),
            cancellationToken);

    public Task<bool> ReplaceAsync(StoredCredential old, SealedValue value, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            connection => connection.Execute(
                "UPDATE credentials SET key_id = $key, sealed = $sealed WHERE owner = $owner AND session = $session AND sealed = $old",
                ("$key", value.KeyId),
                ("$sealed", value.Bytes),
                ("$owner", old.Scope.Owner.ToString()),
                ("$session", SessionOf(old.Scope)),
                ("$old", old.Value?.Bytes)) == 1,
            cancellationToken);

    private static string SessionOf(CredentialScope scope) => scope.Session?.ToString() ?? ForAllSessions;

    private static StoredCredential Read(SqliteDataReader row)
    {
        SessionId? session = row.GetString(1) is ForAllSessions ? null : new SessionId(row.GetId(1));
        var value = row.IsDBNull(4) ? null : new SealedValue(row.GetString(3), row.GetBytes(4));
        return new StoredCredential(new CredentialScope(new UserId(row.GetId(0)), session), row.GetTime(2), value);
    }
}
