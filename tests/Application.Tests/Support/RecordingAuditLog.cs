using System.Collections.Concurrent;
using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Application.Tests.Support;

/// <summary>An audit log in memory whose disk can be full.</summary>
internal sealed class RecordingAuditLog : IAuditLog
{
    private readonly ConcurrentQueue<AuditEntry> _entries = new();

    public IReadOnlyCollection<AuditEntry> Entries => _entries;

    public bool IsFull { get; set; }

    public Task AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ThrowIfFull();
        Post(entry);
        return Task.CompletedTask;
    }

    public void Post(AuditEntry entry) => _entries.Enqueue(entry);

    public ValueTask EnsureWritableAsync(CancellationToken cancellationToken)
    {
        ThrowIfFull();
        return ValueTask.CompletedTask;
    }

    /// <summary>The one entry of an action.</summary>
    public AuditEntry Single(string action) => _entries.Single(entry => entry.Action == action);

    private void ThrowIfFull()
    {
        if (IsFull)
        {
            throw new StoreUnavailableException("full", new IOException("full"));
        }
    }
}

internal static class AuditEntries
{
    public static string? Detail(this AuditEntry entry, string name) =>
        entry.Details.Where(detail => detail.Key == name).Select(detail => detail.Value).SingleOrDefault();
}
