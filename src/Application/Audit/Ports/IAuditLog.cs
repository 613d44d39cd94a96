using Claudy.Application.Sessions.Ports;

namespace Claudy.Application.Audit.Ports;

/// <summary>Keeps who did what: records are only ever added, each bound to the one before it.</summary>
public interface IAuditLog
{
    /// <summary>Adds a record and waits until it is on disk.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be written now; it is kept and written once that works, if the server lives so long.</exception>
    Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a record without waiting. Never blocks and never throws; where more wait than fit, records are left out and counted, and a
    /// record <c>audit.gap</c> tells how many. Of requests that were refused or failed, at most so many a minute are recorded, of one user
    /// or address and of all callers together that are not signed in; the rest is told in <c>audit.gap</c> once the minute is over.
    /// </summary>
    void Post(AuditEntry entry);

    /// <summary>Returns at once while records can be written; else tries whether they can again.</summary>
    /// <exception cref="StoreUnavailableException">They cannot.</exception>
    ValueTask EnsureWritableAsync(CancellationToken cancellationToken);
}
