using Claudy.Application.Authentication;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

internal sealed class SqliteRefreshTokenStore(SqliteWriter writer, SqliteReaders readers) : IRefreshTokenStore
{
    private const string SignInColumns = "s.id, s.owner, s.created_at, s.expires_at, s.ends_at";

    public Task AddAsync(SignIn signIn, TokenHash? token, CancellationToken cancellationToken) => writer.WriteAsync(
        connection =>
        {
            connection.Execute(
                "INSERT INTO sign_ins (id, owner, created_at, expires_at, ends_at) VALUES ($id, $owner, $created, $expires, $ends)",
                ("$id", signIn.Id.ToString()),
                ("$owner", signIn.UserId.ToString()),
                ("$created", signIn.CreatedAt.ToColumn()),
                ("$expires", signIn.ExpiresAt.ToColumn()),
                ("$ends", signIn.EndsAt.ToColumn()));
            if (token is { } first)
            {
                Insert(connection, signIn, first);
            }

            return true;
        },
        cancellationToken);

    public Task<Rotation> RotateAsync(RotationRequest request, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => Rotate(connection, request), cancellationToken);

    public Task<SignIn?> FindAsync(TokenHash token, DateTimeOffset now, CancellationToken cancellationToken) => readers.ReadAsync(
        connection => Find(connection, token, now)?.SignIn, cancellationToken);

    public Task RevokeAsync(SignInId signIn, DateTimeOffset now, CancellationToken cancellationToken) =>
        writer.WriteAsync(connection => Revoke(connection, signIn, now), cancellationToken);

    public Task<IReadOnlyList<SignInId>> RevokeAllAsync(UserId user, DateTimeOffset now, CancellationToken cancellationToken) => writer.WriteAsync<IReadOnlyList<SignInId>>(
        connection => connection.Query(
            "UPDATE sign_ins SET revoked_at = $now WHERE owner = $owner AND revoked_at IS NULL RETURNING id",
            ReadId, ("$now", now.ToColumn()), ("$owner", user.ToString())),
        cancellationToken);

    public Task<IReadOnlyList<SignInId>> ListRevokedAsync(DateTimeOffset since, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<SignInId>>(
        connection => connection.Query("SELECT id FROM sign_ins WHERE revoked_at >= $since", ReadId, ("$since", since.ToColumn())),
        cancellationToken);

    public Task<int> RemoveExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken) => writer.WriteAsync(
        connection =>
        {
            connection.Execute("DELETE FROM refresh_tokens WHERE expires_at < $before", ("$before", before.ToColumn()));
            return connection.Execute("DELETE FROM sign_ins WHERE expires_at < $before", ("$before", before.ToColumn()));
        },
        cancellationToken);

    private static Rotation Rotate(PreparedConnection connection, RotationRequest request)
    {
        if (Find(connection, request.Token, request.Now) is not { } found)
        {
            return new Rotation(RotationOutcome.Refused, null);
        }

        var signIn = found.SignIn;
        if (found.UsedAt is { } usedAt)
        {
            if (request.Now - usedAt <= request.Grace && !found.IsSuccessorUsed)
            {
                return new Rotation(RotationOutcome.JustUsed, signIn);
            }

            Revoke(connection, signIn.Id, request.Now);
            return new Rotation(RotationOutcome.Reused, signIn);
        }

        signIn = signIn with { ExpiresAt = request.ExpiresAt < signIn.EndsAt ? request.ExpiresAt : signIn.EndsAt };
        connection.Execute(
            "UPDATE refresh_tokens SET used_at = $now, successor = $successor WHERE hash = $hash",
            ("$now", request.Now.ToColumn()), ("$successor", request.Successor.Value), ("$hash", request.Token.Value));
        connection.Execute("UPDATE sign_ins SET expires_at = $expires WHERE id = $id", ("$expires", signIn.ExpiresAt.ToColumn()), ("$id", signIn.Id.ToString()));
        Insert(connection, signIn, request.Successor);
        return new Rotation(RotationOutcome.Rotated, signIn);
    }

    private static Found? Find(PreparedConnection connection, TokenHash token, DateTimeOffset now) => connection.QuerySingle(
        $"""
        SELECT {SignInColumns}, t.used_at, EXISTS (SELECT 1 FROM refresh_tokens n WHERE n.hash = t.successor AND n.used_at IS NOT NULL)
        FROM refresh_tokens t JOIN sign_ins s ON s.id = t.sign_in
        WHERE t.hash = $hash AND t.expires_at > $now AND s.revoked_at IS NULL
        """,
        static row => new Found(ReadSignIn(row), row.GetOptionalTime(5), row.GetBoolean(6)),
        ("$hash", token.Value), ("$now", now.ToColumn()));

    private static void Insert(PreparedConnection connection, SignIn signIn, TokenHash token) => connection.Execute(
        "INSERT INTO refresh_tokens (hash, sign_in, expires_at) VALUES ($hash, $signIn, $expires)",
        ("$hash", token.Value), ("$signIn", signIn.Id.ToString()), ("$expires", signIn.ExpiresAt.ToColumn()));

    private static bool Revoke(PreparedConnection connection, SignInId signIn, DateTimeOffset now) => connection.Execute(
        "UPDATE sign_ins SET revoked_at = $now WHERE id = $id AND revoked_at IS NULL", ("$now", now.ToColumn()), ("$id", signIn.ToString())) > 0;

    private static SignInId ReadId(SqliteDataReader row) => new(row.GetId(0));

    private static SignIn ReadSignIn(SqliteDataReader row) =>
        new(new SignInId(row.GetId(0)), new UserId(row.GetId(1)), row.GetTime(2), row.GetTime(3), row.GetTime(4));

    private sealed record Found(SignIn SignIn, DateTimeOffset? UsedAt, bool IsSuccessorUsed);
}
