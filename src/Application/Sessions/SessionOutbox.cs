using System.Runtime.InteropServices;
using Claudy.Application.Audit;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>
/// What a session has to tell, in order: durable events go into the log first, then everything goes to the feed.
/// </summary>
internal sealed class SessionOutbox(Session session, SessionLease lease, ISessionEventLog log, ISessionStore store, ISessionFeed feed, SessionAudit audit)
{
    private const int EventsPerSnapshot = 200;

    private readonly List<FeedItem> _items = [];
    private readonly List<StoredEvent> _durable = [];
    private long _committedSeq = session.LastSeq;
    private long _savedSeq = session.LastSeq;
    private bool _snapshotDue;
    private Task _saving = Task.CompletedTask;

    /// <summary>Adds something that is not kept.</summary>
    public void Add(FeedItem ephemeral) => _items.Add(ephemeral);

    /// <summary>Adds what the session recorded since the last call, and gives it back.</summary>
    public IReadOnlyList<StoredEvent> Collect()
    {
        var recorded = session.TakeUncommitted();
        foreach (var stored in recorded)
        {
            _durable.Add(stored);
            _items.Add(new FeedItem.Durable(stored));
            _snapshotDue |= stored.Event is StatusChanged or SettingsChanged or QueueChanged or PermissionRulesChanged;
        }

        return recorded;
    }

    /// <summary>Stores what is durable, then publishes all. Nothing is published when it could not be stored.</summary>
    /// <exception cref="StoreUnavailableException">The log cannot be written.</exception>
    public async ValueTask<Result> CommitAsync(CancellationToken cancellationToken)
    {
        if (_durable.Count > 0)
        {
            var appended = await log.AppendAsync(session.Id, lease.Epoch, _committedSeq, _durable, cancellationToken);
            if (!appended.IsSuccess)
            {
                return appended;
            }

            _committedSeq = _durable[^1].Seq;
            audit.Note(_durable);
            _durable.Clear();
        }

        if (_items.Count > 0)
        {
            feed.Publish(session.Id, CollectionsMarshal.AsSpan(_items));
            _items.Clear();
        }

        if ((_snapshotDue || _committedSeq - _savedSeq >= EventsPerSnapshot) && _saving.IsCompleted)
        {
            SaveSnapshot(cancellationToken);
        }

        return Result.Success();
    }

    /// <summary>Waits until the stored document is as new as the log.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await _saving;
        if (_savedSeq < _committedSeq || _snapshotDue)
        {
            SaveSnapshot(cancellationToken);
            await _saving;
        }
    }

    // Not awaited: the document only spares replaying, and a watcher's next delta must not wait for it.
    private void SaveSnapshot(CancellationToken cancellationToken)
    {
        _savedSeq = _committedSeq;
        _snapshotDue = false;
        _saving = SaveAsync(SessionSnapshot.Of(session), cancellationToken);
    }

    private async Task SaveAsync(SessionDocument document, CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveAsync(document, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The log has the truth; the next event makes the next try.
            _snapshotDue = true;
        }
    }
}
