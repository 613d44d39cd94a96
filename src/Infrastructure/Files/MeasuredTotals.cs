using System.Collections.Concurrent;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Files;

/// <summary>What workspaces that nobody but the server changes were found to hold.</summary>
internal sealed class MeasuredTotals
{
    // So many sessions; to measure one again costs little.
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<SessionId, WorkspaceTotals> _totals = new();

    public WorkspaceTotals? Find(SessionId session) => _totals.TryGetValue(session, out var totals) ? totals : null;

    public void Keep(SessionId session, WorkspaceTotals totals)
    {
        if (_totals.Count >= Most)
        {
            _totals.Clear();
        }

        _totals[session] = totals;
    }

    public void Add(SessionId session, WorkspaceTotals added)
    {
        if (Find(session) is { } totals)
        {
            _totals[session] = totals + added;
        }
    }

    public void Forget(SessionId session) => _totals.TryRemove(session, out _);
}
