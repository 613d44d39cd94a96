using Claudy.Application.Sessions.Ports;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>The database file: makes it, brings it up to date, opens connections to it.</summary>
internal sealed class SqliteDatabase(IOptions<SqliteOptions> options)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _gate = new();
    private volatile bool _isUpToDate;

    /// <summary>Opens a connection for the only writer.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be opened.</exception>
    public PreparedConnection OpenForWriting() => Guard(() =>
    {
        lock (_gate)
        {
            CreateFile();
        }

        var connection = Open(SqliteOpenMode.ReadWrite);
        try
        {
            lock (_gate)
            {
                UseWriteAheadLog(connection);
                SqliteSchema.Migrate(connection);
                _isUpToDate = true;
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    });

    /// <summary>Opens a connection that sees what was committed before each of its statements.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be opened.</exception>
    public PreparedConnection OpenForReading()
    {
        if (!_isUpToDate)
        {
            OpenForWriting().Dispose();
        }

        return Guard(() => Open(SqliteOpenMode.ReadOnly));
    }

    /// <summary>Whether it is the store that fails, and not what was asked of it.</summary>
    public static bool IsStoreFault(Exception fault) => fault is SqliteException e && e.SqliteErrorCode
        is SQLitePCL.raw.SQLITE_PERM or SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED or SQLitePCL.raw.SQLITE_NOMEM
        or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_FULL
        or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PROTOCOL or SQLitePCL.raw.SQLITE_NOLFS or SQLitePCL.raw.SQLITE_NOTADB;

    /// <summary>The exception that callers get: the store's own faults as the ports name them, others as they are.</summary>
    public Exception Translate(Exception fault) => IsStoreFault(fault) ? Unavailable(fault) : fault;

    private StoreUnavailableException Unavailable(Exception fault) =>
        new($"The database {options.Value.Path} cannot be used: {fault.Message}", fault);

    private PreparedConnection Guard(Func<PreparedConnection> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (IsStoreFault(e) || e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Unavailable(e);
        }
    }

    /// <summary>Makes the file readable for its owner only; SQLite gives the files beside it the same mode.</summary>
    private void CreateFile()
    {
        var path = options.Value.Path;

        // Closing any other handle of a file drops all POSIX locks that the process has on it, SQLite's own included.
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var create = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = OwnerOnly;
        }

        new FileStream(path, create).Dispose();
    }

    private PreparedConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = options.Value.Path,
            Mode = mode,
            Pooling = false,
            ForeignKeys = true,
            DefaultTimeout = 5,
        }.ToString());
        try
        {
            connection.Open();
            return new PreparedConnection(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void UseWriteAheadLog(PreparedConnection connection)
    {
        var mode = connection.QuerySingle("PRAGMA journal_mode = WAL", static row => row.GetString(0));
        if (mode != "wal")
        {
            throw new NotSupportedException($"its file system cannot hold a write-ahead log (journal mode {mode}); put the data folder on a local disk.");
        }

        connection.Execute($"PRAGMA synchronous = {(options.Value.Synchronous == SqliteSynchronous.Full ? "FULL" : "NORMAL")}");
        connection.Execute("PRAGMA journal_size_limit = 67108864");
    }
}
