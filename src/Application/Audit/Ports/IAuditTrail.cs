using Claudy.Application.Sessions.Ports;

namespace Claudy.Application.Audit.Ports;

/// <summary>Reads what an <see cref="IAuditLog"/> has kept, also while a server goes on writing.</summary>
public interface IAuditTrail
{
    /// <summary>Goes over all records and checks that none was changed, added, moved or removed.</summary>
    /// <exception cref="StoreUnavailableException">There is no log, or it cannot be read.</exception>
    Task<AuditVerdict> VerifyAsync(AuditCheck check, CancellationToken cancellationToken);

    /// <summary>The records that fit, in order, each one line of JSON without its end.</summary>
    /// <exception cref="StoreUnavailableException">There is no log, or it cannot be read.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(AuditFilter filter, CancellationToken cancellationToken);
}

/// <summary>What a verification holds the log against, besides itself.</summary>
/// <param name="Head">The hash of a record, noted down earlier, that must be among the records; null for none.</param>
/// <param name="After">The hash of the last record of files that were moved away, which the first one here must follow; null when none were.</param>
public sealed record AuditCheck(string? Head, string? After);

/// <summary>What a verification found.</summary>
/// <param name="Count">How many records hold, from the first on.</param>
/// <param name="Head">The hash of the last of them; null when there is none.</param>
/// <param name="Break">The first thing that is wrong; null when nothing is.</param>
/// <param name="TornBytes">Bytes after the last record that are none yet: one is being written, or its writer was killed. The next start removes and records them.</param>
public sealed record AuditVerdict(long Count, string? Head, AuditBreak? Break, long TornBytes);

/// <summary>Where a log is no longer what was written.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">The line in it, from 1; 0 for the log as a whole.</param>
/// <param name="Reason">What is wrong there, as a sentence.</param>
public sealed record AuditBreak(string File, long Line, string Reason);

/// <summary>Which records to read.</summary>
/// <param name="From">Not before this; null for the first.</param>
/// <param name="To">Before this; null for the last.</param>
/// <param name="User">Only of this user, by id or login name; null for all.</param>
/// <param name="Action">Only this action, or those that begin with it when it ends with a dot; null for all.</param>
public sealed record AuditFilter(DateTimeOffset? From, DateTimeOffset? To, string? User, string? Action);
