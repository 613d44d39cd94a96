using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Files.Watching;

namespace Claudy.Infrastructure.Files;

/// <summary>
/// How much workspaces hold, without walking them at each write: found out once, then kept up to date by what the server writes,
/// and while processes run by what is seen there. All but <see cref="LimitsAsync"/> is for whoever holds the workspace's lock.
/// </summary>
/// <remarks>Nothing is refused on the word of the books alone: before that the workspace is measured anew.</remarks>
internal sealed class WorkspaceUsageLedger(WorkspaceLimitBook limits, MeasuredTotals measured, WorkspaceWatcher watcher)
{
    /// <summary>What a session's workspace may hold.</summary>
    public ValueTask<WorkspaceLimits> LimitsAsync(SessionId session, CancellationToken cancellationToken) => limits.OfAsync(session, cancellationToken);

    /// <summary>What a workspace holds.</summary>
    public WorkspaceTotals TotalsOf(SessionId session, DirectoryHandle root, CancellationToken cancellationToken) =>
        watcher.TotalsOf(session) ?? measured.Find(session) ?? Measure(session, root, cancellationToken);

    /// <summary>What a workspace holds, measured anew.</summary>
    public WorkspaceTotals Measure(SessionId session, DirectoryHandle root, CancellationToken cancellationToken)
    {
        var totals = TreeUsage.Of(root, cancellationToken).Totals;
        if (watcher.TotalsOf(session) is null)
        {
            measured.Keep(session, totals);
        }

        return totals;
    }

    /// <summary>Whether there is room for something.</summary>
    /// <returns>Null, or <c>FILE_006</c>.</returns>
    public Error? WhyNot(SessionId session, DirectoryHandle root, WorkspaceLimits may, WorkspaceTotals added, CancellationToken cancellationToken) =>
        may.WhyNot(TotalsOf(session, root, cancellationToken), added) is null
            ? null
            : may.WhyNot(Measure(session, root, cancellationToken), added);

    /// <summary>A change is about to be made; when it is left without an entry, nobody knows what became of it and the workspace is measured anew.</summary>
    public Change Begin(SessionId session) => new(this, session);

    /// <summary>The server changed something; how much the workspace holds for it is to be found out.</summary>
    public void Tell(SessionId session, WorkspacePath path, FileChange change) => watcher.Changed(session, path, change);

    /// <summary>The workspace is gone.</summary>
    public void Forget(SessionId session) => watcher.Forget(session);

    /// <summary>A change by the server.</summary>
    public sealed class Change(WorkspaceUsageLedger ledger, SessionId session) : IDisposable
    {
        private bool _isEntered;

        /// <summary>It was made.</summary>
        /// <param name="path">Which file; called once for each.</param>
        /// <param name="change">What became of it.</param>
        /// <param name="added">What the workspace holds more than before; negative for less.</param>
        public void Enter(WorkspacePath path, FileChange change, WorkspaceTotals added)
        {
            _isEntered = true;
            ledger.Enter(session, path, change, added);
        }

        public void Dispose()
        {
            if (!_isEntered)
            {
                ledger.Doubt(session);
            }
        }
    }

    private void Enter(SessionId session, WorkspacePath path, FileChange change, WorkspaceTotals added)
    {
        measured.Add(session, added);
        watcher.Changed(session, path, change);
    }

    private void Doubt(SessionId session) => measured.Forget(session);
}
