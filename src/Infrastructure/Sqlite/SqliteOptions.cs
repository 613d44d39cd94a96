using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sqlite;

/// <summary>The embedded store; section <c>Claudy:Sqlite</c>.</summary>
public sealed class SqliteOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Sqlite";

    /// <summary>The database file; a relative one is in the data folder. Must be on a local disk.</summary>
    [Required(ErrorMessage = "Claudy:Sqlite:Path is empty, and there is no data folder (Claudy:Data) to put the database in.")]
    public string Path { get; set; } = "claudy.db";

    /// <summary>What a commit survives.</summary>
    [EnumDataType(typeof(SqliteSynchronous), ErrorMessage = "Claudy:Sqlite:Synchronous must be Full or Normal.")]
    public SqliteSynchronous Synchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>How many writes that wait are committed as one at most.</summary>
    [Range(1, 10_000)]
    public int GroupCommitMaxBatch { get; set; } = 256;
}

/// <summary>What a commit survives.</summary>
public enum SqliteSynchronous
{
    /// <summary>The loss of power: each commit waits for the disk.</summary>
    Full,

    /// <summary>The end of the process, but a loss of power may take the last commits with it.</summary>
    Normal,
}

[OptionsValidator]
internal sealed partial class SqliteOptionsValidator : IValidateOptions<SqliteOptions>;
