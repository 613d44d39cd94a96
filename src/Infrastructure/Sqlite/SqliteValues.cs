using System.Text.Json;
using Claudy.Domain.Sessions;
using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>How values look in columns.</summary>
internal static class SqliteValues
{
    public static long ToColumn(this DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;

    public static string ToColumn(this SessionStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());

    public static DateTimeOffset GetTime(this SqliteDataReader row, int ordinal) => DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(ordinal));

    public static DateTimeOffset? GetOptionalTime(this SqliteDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetTime(ordinal);

    public static Guid GetId(this SqliteDataReader row, int ordinal) => Guid.ParseExact(row.GetString(ordinal), "D");

    public static byte[] GetBytes(this SqliteDataReader row, int ordinal) => row.GetFieldValue<byte[]>(ordinal);

    public static string? GetText(this SqliteDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);
}
