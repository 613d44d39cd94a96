using System.Collections.Concurrent;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>Runs queries, each on a connection of its own; a few connections are kept for the next ones.</summary>
/// <remarks>SQLite reads on the calling thread, mostly from memory; the writer never makes a reader wait.</remarks>
internal sealed class SqliteReaders(SqliteDatabase database) : IDisposable
{
    private const int MaxIdle = 8;

    private readonly ConcurrentBag<PreparedConnection> _idle = [];

    public Task<T> ReadAsync<T>(Func<PreparedConnection, T> query, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult(Read(query));
        }
        catch (Exception e)
        {
            return Task.FromException<T>(database.Translate(e));
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private T Read<T>(Func<PreparedConnection, T> query)
    {
        if (!_idle.TryTake(out var connection))
        {
            connection = database.OpenForReading();
        }

        var isHealthy = false;
        try
        {
            var result = query(connection);
            isHealthy = true;
            return result;
        }
        finally
        {
            if (isHealthy && _idle.Count < MaxIdle)
            {
                _idle.Add(connection);
            }
            else
            {
                connection.Dispose();
            }
        }
    }
}
