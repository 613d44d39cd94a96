using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqlitePersonalTokenStore(SqliteWriter writer, SqliteReaders readers) : IPersonalTokenStore
{
    private const string Columns = "id, owner, name, created_at, expires_at, last_used_at";

    public Task<PersonalTokenAddition> AddAsync(NewPersonalToken token, int limit, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => Add(connection, token, limit), cancellationToken);

    public Task<PersonalToken?> FindAsync(TokenHash hash, CancellationToken cancellationToken) => readers.ReadAsync(
        connection => connection.QuerySingle(
            $"SELECT {Columns} FROM personal_tokens WHERE hash = $hash AND revoked_at IS NULL", ReadToken, ("$hash", hash.Value)),
        cancellationToken);

    public Task<IReadOnlyList<PersonalToken>> ListAsync(UserId owner, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<PersonalToken>>(
        connection => connection.Query(
            $"SELECT {Columns} FROM personal_tokens WHERE owner = $owner AND revoked_at IS NULL ORDER BY created_at DESC, id DESC",
            ReadToken, ("$owner", owner.ToString())),
        cancellationToken);

    public Task TouchAsync(PersonalTokenId token, DateTimeOffset usedAt, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => connection.Execute(
            "UPDATE personal_tokens SET last_used_at = $at WHERE id = $id AND (last_used_at IS NULL OR last_used_at < $at)",
            ("$at", usedAt.ToColumn()), ("$id", token.ToString())),
        cancellationToken);

    public Task<bool> RevokeAsync(UserId owner, PersonalTokenId token, DateTimeOffset now, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => connection.Execute(
            "UPDATE personal_tokens SET revoked_at = $now WHERE id = $id AND owner = $owner AND revoked_at IS NULL",
            ("$now", now.ToColumn()), ("$id", token.ToString()), ("$owner", owner.ToString())) > 0,
        cancellationToken);

    public Task<IReadOnlyList<PersonalTokenId>> RevokeAllAsync(UserId owner, DateTimeOffset now, CancellationToken cancellationToken) => writer.WriteAsync<IReadOnlyList<PersonalTokenId>>(
        connection => connection.Query(
            "UPDATE personal_tokens SET revoked_at = $now WHERE owner = $owner AND revoked_at IS NULL RETURNING id",
            ReadId, ("$now", now.ToColumn()), ("$owner", owner.ToString())),
        cancellationToken);

    public Task<IReadOnlyList<PersonalTokenId>> ListRevokedAsync(DateTimeOffset since, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<PersonalTokenId>>(
        connection => connection.Query("SELECT id FROM personal_tokens WHERE revoked_at >= $since", ReadId, ("$since", since.ToColumn())),
        cancellationToken);

    public Task<int> RemoveExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken) => writer.WriteAsync(
        connection => connection.Execute("DELETE FROM personal_tokens WHERE expires_at < $before OR revoked_at < $before", ("$before", before.ToColumn())),
        cancellationToken);

    private static PersonalTokenAddition Add(PreparedConnection connection, NewPersonalToken made, int limit)
    {
        var (token, hash, signIn) = made;
        var isSignedIn = connection.QuerySingle(
            "SELECT EXISTS (SELECT 1 FROM sign_ins WHERE id = $id AND owner = $owner AND revoked_at IS NULL)",
            static row => row.GetInt32(0),
            ("$id", signIn.ToString()), ("$owner", token.Owner.ToString()));
        if (isSignedIn == 0)
        {
            return PersonalTokenAddition.SignInEnded;
        }

        var held = connection.QuerySingle(
            "SELECT COUNT(*) FROM personal_tokens WHERE owner = $owner AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $now)",
            static row => row.GetInt32(0),
            ("$owner", token.Owner.ToString()), ("$now", token.CreatedAt.ToColumn()));
        if (held >= limit)
        {
            return PersonalTokenAddition.TooMany;
        }

        connection.Execute(
            "INSERT INTO personal_tokens (id, owner, name, hash, created_at, expires_at) VALUES ($id, $owner, $name, $hash, $created, $expires)",
            ("$id", token.Id.ToString()),
            ("$owner", token.Owner.ToString()),
            ("$name", token.Name),
            ("$hash", hash.Value),
            ("$created", token.CreatedAt.ToColumn()),
            ("$expires", token.ExpiresAt?.ToColumn()));
        return PersonalTokenAddition.Added;
    }

    private static PersonalTokenId ReadId(SqliteDataReader row) => new(row.GetId(0));

    private static PersonalToken ReadToken(SqliteDataReader row) => new(
        new PersonalTokenId(row.GetId(0)), new UserId(row.GetId(1)), row.GetString(2), row.GetTime(3), row.GetOptionalTime(4), row.GetOptionalTime(5));
}
