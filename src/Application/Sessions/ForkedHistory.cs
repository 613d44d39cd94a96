using System.Runtime.CompilerServices;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Application.Sessions;

/// <summary>The part of a session's history that a fork begins with: the turns that had ended at a place and were not taken back by then.</summary>
internal sealed class ForkedHistory
{
    private const int PageSize = 500;

    private readonly ISessionEventLog _log;
    private readonly SessionId _source;
    private readonly List<(long From, long To)> _takenBack = [];
    private readonly List<(long From, long To)> _turns = [];

    private ForkedHistory(ISessionEventLog log, SessionId source)
    {
        _log = log;
        _source = source;
    }

    /// <summary>The last event of the old session that goes along.</summary>
    public long AtSeq { get; private set; }

    /// <summary>Finds the turns up to a place; null when there are none.</summary>
    public static async Task<ForkedHistory?> FindAsync(ISessionEventLog log, SessionId source, long atSeq, CancellationToken cancellationToken)
    {
        var history = new ForkedHistory(log, source);
        long message = 0;
        long turn = 0;
        await foreach (var stored in history.ReadAsync(atSeq, cancellationToken))
        {
            switch (stored.Event)
            {
                case UserMessageAdded when turn == 0:
                    message = stored.Seq;
                    break;
                case TurnStarted e:
                    turn = e.MessageId is null || message == 0 ? stored.Seq : message;
                    break;
                case TurnCompleted when turn > 0:
                    history._turns.Add((turn, stored.Seq));
                    message = 0;
                    turn = 0;
                    break;
                case ConversationRewound e:
                    history._takenBack.Add((e.FromSeq, stored.Seq));
                    break;
            }
        }

        history._turns.RemoveAll(t => history._takenBack.Exists(range => t.From >= range.From && t.From <= range.To));
        history.AtSeq = history._turns is [.., var last] ? last.To : 0;
        return history._turns.Count > 0 ? history : null;
    }

    /// <summary>Writes the fork's log.</summary>
    /// <param name="fork">The new session.</param>
    /// <param name="created">Its first event.</param>
    /// <param name="denied">Rules that deny, which go along: a fork may do no more than the old session.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The fork as it is then.</returns>
    public async Task<Result<Copied>> CopyToAsync(
        SessionId fork, SessionCreated created, IReadOnlyList<string> denied, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var state = SessionState.Initial(created);
        List<StoredEvent> page = [new StoredEvent(1, now, created)];
        var seq = 1L;
        var read = 0L;
        await foreach (var stored in ReadAsync(AtSeq, cancellationToken))
        {
            read = stored.Seq;
            if (CopyOf(stored) is not { } copy)
            {
                continue;
            }

            Add(copy, stored.At);
            if (page.Count >= PageSize && await WriteAsync() is { IsSuccess: false } failed)
            {
                return failed.Error;
            }
        }

        if (read < AtSeq)
        {
            // The other session was deleted meanwhile.
            return SessionErrors.NotFound();
        }

        // The transcript is the other session's.
        Add(new AgentSessionChanged(null), now);
        if (denied.Count > 0)
        {
            Add(new PermissionRulesChanged([], denied), now);
        }

        return await WriteAsync() is { IsSuccess: false } refused ? refused.Error : new Copied(seq, state);

        void Add(SessionEvent copy, DateTimeOffset at)
        {
            seq++;
            state = state.Apply(copy, at);
            page.Add(new StoredEvent(seq, at, copy));
        }

        async Task<Result> WriteAsync()
        {
            var appended = await _log.AppendAsync(fork, epoch: 0, seq - page.Count, page, cancellationToken);
            page.Clear();
            return appended;
        }
    }

    // What was paid, allowed or sent under a client's id belongs to the other session.
    private SessionEvent? CopyOf(StoredEvent stored) => stored.Event switch
    {
        AgentSessionChanged { Rebuilt: not null } e => e,
        _ when !_turns.Exists(turn => stored.Seq >= turn.From && stored.Seq <= turn.To) => null,
        AgentSessionChanged e => e,
        UserMessageAdded e => new UserMessageAdded(e.Message with { ClientId = null }),
        TurnCompleted e => e with { Usage = default, CostUsd = 0 },
        PermissionResolved e => e with { RememberedRules = [] },
        TurnStarted or TurnSuspended or TurnResumed or AssistantText or AssistantThinking or ToolUsed or ToolReturned or PermissionRequested or SessionErrorRaised or AgentNotice => stored.Event,
        _ => null,
    };

    private async IAsyncEnumerable<StoredEvent> ReadAsync(long atSeq, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = 0L;
        while (after < atSeq)
        {
            var page = await _log.ReadAfterAsync(_source, after, (int)Math.Min(PageSize, atSeq - after), cancellationToken);
            if (page.Count == 0)
            {
                yield break;
            }

            foreach (var stored in page)
            {
                after = stored.Seq;
                yield return stored;
            }
        }
    }

    /// <summary>A fork whose log is written.</summary>
    internal sealed record Copied(long LastSeq, SessionState State);
}
