using Claudy.Application.Users.Ports;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteUserStore(SqliteWriter writer, SqliteReaders readers) : IUserStore
{
    private const string ByName = "SELECT id, username, created_at FROM users WHERE username = $name";

    public Task<User?> FindAsync(UserId id, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            connection => connection.QuerySingle("SELECT id, username, created_at FROM users WHERE id = $id", ReadUser, ("$id", id.ToString())),
            cancellationToken);

    public async Task<User> FindOrAddAsync(string username, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Almost always there: only the first sign-in waits for the disk.
        var known = await readers.ReadAsync(connection => connection.QuerySingle(ByName, ReadUser, ("$name", username)), cancellationToken);
        return known ?? await writer.WriteAsync(connection => FindOrAdd(connection, username, now), cancellationToken);
    }

    private static User FindOrAdd(PreparedConnection connection, string username, DateTimeOffset now)
    {
        connection.Execute(
            "INSERT INTO users (id, username, created_at) VALUES ($id, $name, $now) ON CONFLICT (username) DO NOTHING",
            ("$id", UserId.New(now).ToString()), ("$name", username), ("$now", now.ToColumn()));
        return connection.QuerySingle(ByName, ReadUser, ("$name", username))!;
    }

    private static User ReadUser(SqliteDataReader row) => new(new UserId(row.GetId(0)), row.GetString(1), row.GetTime(2));
}
