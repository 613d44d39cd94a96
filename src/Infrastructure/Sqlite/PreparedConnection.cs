using Microsoft.Data.Sqlite;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>A connection that keeps the statements it has prepared. Not thread-safe.</summary>
internal sealed class PreparedConnection(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    /// <summary>The database's file.</summary>
    public string Path => connection.DataSource;

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        Bind(sql, arguments).ExecuteNonQuery();

    /// <summary>The first row, or the type's default when there is none.</summary>
    public T? QuerySingle<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        using var reader = Bind(sql, arguments).ExecuteReader();
        return reader.Read() ? map(reader) : default;
    }

    /// <summary>All rows.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        QueryWhile(sql, map, static () => true, arguments);

    /// <summary>Rows for as long as more are wanted, which is asked before each one.</summary>
    public List<T> QueryWhile<T>(
        string sql, Func<SqliteDataReader, T> map, Func<bool> wantsMore, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        using var reader = Bind(sql, arguments).ExecuteReader();
        var rows = new List<T>();
        while (wantsMore() && reader.Read())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in arguments)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            }

            _commands.Add(sql, command);
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            command.Parameters[i].Value = arguments[i].Value ?? DBNull.Value;
        }

        return command;
    }
}
