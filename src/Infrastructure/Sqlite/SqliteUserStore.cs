using Claudy.Application.Users.Ports;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteUserStore(SqliteWriter writer, SqliteReaders readers) : IUserStore
{
    private const string Select = "SELECT id, username, created_at, role, issuer, subject, display_name, email, avatar_url, member_seen_at FROM users WHERE ";
    private const string ByName = Select + "username = $name";
    private const string ByIdentity = Select + "issuer = $issuer AND subject = $subject";

    public Task<User?> FindAsync(UserId id, CancellationToken cancellationToken) =>
        readers.ReadAsync(connection => connection.QuerySingle(Select + "id = $id", ReadUser, ("$id", id.ToString())), cancellationToken);

    public Task<User?> FindByNameAsync(string username, CancellationToken cancellationToken) => readers.ReadAsync(
        connection => connection.QuerySingle(Select + "username = $name COLLATE NOCASE", ReadUser, ("$name", username)), cancellationToken);

    public async Task<User> FindOrAddAsync(string username, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Almost always there: only the first sign-in waits for the disk.
        var known = await readers.ReadAsync(connection => connection.QuerySingle(ByName, ReadUser, ("$name", username)), cancellationToken);
        return known ?? await writer.WriteAsync(connection => FindOrAdd(connection, username, now), cancellationToken);
    }

    public async Task<User> RecordAsync(User seen, CancellationToken cancellationToken)
    {
        var known = await readers.ReadAsync(connection => Find(connection, seen.Identity!), cancellationToken);
        return known is not null && known == seen with { Id = known.Id, CreatedAt = known.CreatedAt }
            ? known
            : await writer.WriteAsync(connection => Record(connection, seen), cancellationToken);
    }

    private static User FindOrAdd(PreparedConnection connection, string username, DateTimeOffset now)
    {
        connection.Execute(
            "INSERT INTO users (id, username, created_at, role) VALUES ($id, $name, $now, $role) ON CONFLICT (username) DO NOTHING",
            ("$id", UserId.New(now).ToString()), ("$name", username), ("$now", now.ToColumn()), ("$role", User.RoleOf(username).ToName()));
        return connection.QuerySingle(ByName, ReadUser, ("$name", username))!;
    }

    private static User Record(PreparedConnection connection, User user)
    {
        var identity = user.Identity!;
        FreeName(connection, user);
        connection.Execute(
            """
            INSERT INTO users (id, username, created_at, role, issuer, subject, display_name, email, avatar_url, member_seen_at)
            VALUES ($id, $name, $now, $role, $issuer, $subject, $display_name, $email, $avatar_url, $member_seen_at)
            ON CONFLICT (issuer, subject) WHERE subject IS NOT NULL DO UPDATE SET
                username = excluded.username, role = excluded.role, member_seen_at = excluded.member_seen_at,
                display_name = excluded.display_name, email = excluded.email, avatar_url = excluded.avatar_url
            """,
            ("$id", user.Id.ToString()), ("$name", user.Username), ("$now", user.CreatedAt.ToColumn()), ("$role", user.Role.ToName()),
            ("$issuer", identity.Issuer), ("$subject", identity.Subject),
            ("$display_name", user.Profile.DisplayName), ("$email", user.Profile.Email), ("$avatar_url", user.Profile.AvatarUrl),
            ("$member_seen_at", user.MemberSeenAt?.ToColumn()));
        return Find(connection, identity)!;
    }

    private static void FreeName(PreparedConnection connection, User user)
    {
        var holders = connection.Query(
            Select + "username = $name COLLATE NOCASE AND NOT (issuer IS $issuer AND subject IS $subject)",
            ReadUser,
            ("$name", user.Username), ("$issuer", user.Identity!.Issuer), ("$subject", user.Identity.Subject));
        foreach (var holder in holders)
        {
            connection.Execute("UPDATE users SET username = $name WHERE id = $id", ("$name", holder.FormerName()), ("$id", holder.Id.ToString()));
        }
    }

    private static User? Find(PreparedConnection connection, ExternalIdentity identity) =>
        connection.QuerySingle(ByIdentity, ReadUser, ("$issuer", identity.Issuer), ("$subject", identity.Subject));

    private static User ReadUser(SqliteDataReader row) => new(new UserId(row.GetId(0)), row.GetString(1), row.GetTime(2))
    {
        Role = UserRoleNames.ToRole(row.GetString(3)),
        Identity = row.GetText(4) is { } issuer ? new ExternalIdentity(issuer, row.GetString(5)) : null,
        Profile = new UserProfile(row.GetText(6), row.GetText(7), row.GetText(8)),
        MemberSeenAt = row.GetOptionalTime(9),
    };
}
