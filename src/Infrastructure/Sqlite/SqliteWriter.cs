using System.Threading.Channels;
using Claudy.Application.Sessions.Ports;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>
/// The only writer: what arrives while a commit is under way is committed together next, so that the disk is waited for
/// once a group and not once a write. A failing store fails the group; the writer goes on with the next.
/// </summary>
internal sealed partial class SqliteWriter : IAsyncDisposable
{
    private const int QueueCapacity = 4096;

    private readonly SqliteDatabase _database;
    private readonly ILogger<SqliteWriter> _logger;
    private readonly int _maxBatch;
    private readonly Channel<IPendingWrite> _queue = Channel.CreateBounded<IPendingWrite>(new BoundedChannelOptions(QueueCapacity) { SingleReader = true });
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PreparedConnection? _connection;

    public SqliteWriter(SqliteDatabase database, IOptions<SqliteOptions> options, ILogger<SqliteWriter> logger)
    {
        _database = database;
        _logger = logger;
        _maxBatch = options.Value.GroupCommitMaxBatch;

        // A thread of its own: it blocks until the disk has answered, and the pool's threads carry everyone's tokens.
        new Thread(Run) { IsBackground = true, Name = "claudy-sqlite-writer" }.Start();
    }

    /// <summary>Runs a write in a transaction and returns what it returned, once that is safe on disk.</summary>
    /// <param name="write">All or nothing; called on the writer's thread, so it must only use the connection.</param>
    /// <param name="cancellationToken">Gives up waiting; the write may happen all the same.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be written; nothing of it was.</exception>
    public async Task<T> WriteAsync<T>(Func<PreparedConnection, T> write, CancellationToken cancellationToken)
    {
        var pending = new PendingWrite<T>(write);
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreUnavailableException("The database is closed: the server is stopping.", e);
        }

        return await pending.Completion.WaitAsync(cancellationToken);
    }

    /// <summary>Commits what waits, then closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _finished.Task;
    }

    private void Run()
    {
        var group = new List<IPendingWrite>(_maxBatch);
        while (WaitForWrites())
        {
            while (group.Count < _maxBatch && _queue.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            Commit(group);
            group.Clear();
        }

        _connection?.Dispose();
        _finished.SetResult();
    }

    /// <summary>Blocks until there is something to write; false when nothing will come any more.</summary>
    private bool WaitForWrites() => _queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();

    private void Commit(List<IPendingWrite> group)
    {
        List<IPendingWrite> written;
        try
        {
            _connection ??= _database.OpenForWriting();
            _connection.Execute("BEGIN IMMEDIATE");
            written = group.FindAll(write => TryRun(write, _connection));
            _connection.Execute("COMMIT");
        }
        catch (Exception e)
        {
            LogCommitFailed(e, group.Count);
            Recover(e);
            group.ForEach(write => write.Fail(_database.Translate(e)));
            return;
        }

        written.ForEach(static write => write.Complete());
    }

    /// <summary>Runs one write of a group. When it is at fault itself, it alone fails and leaves nothing behind.</summary>
    private static bool TryRun(IPendingWrite write, PreparedConnection connection)
    {
        connection.Execute("SAVEPOINT write");
        try
        {
            write.Run(connection);
            connection.Execute("RELEASE write");
            return true;
        }
        catch (Exception e) when (connection.InTransaction && !SqliteDatabase.IsStoreFault(e))
        {
            connection.Execute("ROLLBACK TO write");
            connection.Execute("RELEASE write");
            write.Fail(e);
            return false;
        }
    }

    /// <summary>Leaves no transaction open; after anything worse than a full or busy store begins with a fresh connection.</summary>
    private void Recover(Exception fault)
    {
        try
        {
            if (fault is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_BUSY } && _connection is { } connection)
            {
                if (connection.InTransaction)
                {
                    connection.Execute("ROLLBACK");
                }

                return;
            }
        }
        catch (SqliteException e)
        {
            LogRollbackFailed(e);
        }

        _connection?.Dispose();
        _connection = null;
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Error, Message = "{Count} writes failed: the database cannot be written")]
    private partial void LogCommitFailed(Exception exception, int count);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "The database connection is replaced: its transaction could not be rolled back")]
    private partial void LogRollbackFailed(Exception exception);
}
