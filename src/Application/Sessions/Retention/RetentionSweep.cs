using Claudy.Application.Audit;
using Claudy.Application.Audit.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions.Retention;

/// <summary>One look over all sessions: finishes deletions, then ends and deletes what nobody used for as long as the settings say.</summary>
internal sealed partial class RetentionSweep(
    ISessionStore store,
    ISessionInbox inbox,
    SessionDeletion deletion,
    IAuditLog audit,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<RetentionSweep> logger)
{
    // Without a process and without work; one that failed to start sleeps too.
    private static readonly SessionStatus[] Asleep = [SessionStatus.Hibernated, SessionStatus.Failed];

    private readonly RetentionOptions _options = options.Value;
    private readonly Place _deletions = new();
    private readonly Dictionary<SessionStatus, Place> _asleep = Asleep.ToDictionary(status => status, _ => new Place());

    /// <summary>Looks once.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var session in await _deletions.NextAsync(
            (after, limit) => store.ListDeletingAsync(after, limit, cancellationToken), _options.MaxPerSweep))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await deletion.FinishAsync(session);
        }

        if (_options.TerminateAsleepAfter is { } asleep)
        {
            await TerminateAsync(time.GetUtcNow() - asleep, cancellationToken);
        }

        if (_options.DeleteTerminatedAfter is { } terminated)
        {
            await DeleteAsync(time.GetUtcNow() - terminated, cancellationToken);
        }
    }

    private async Task TerminateAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var left = _options.MaxPerSweep;
        foreach (var status in Asleep)
        {
            var unused = left == 0 ? [] : await _asleep[status].NextAsync(
                (after, limit) => store.ListUnusedAsync(status, before, after, limit, cancellationToken), left);
            left -= unused.Count;
            foreach (var session in unused)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await TerminateAsync(session, before, cancellationToken);
            }
        }
    }

    // The document may be older than the log, so the session itself has the last word.
    private async Task TerminateAsync(SessionId session, DateTimeOffset before, CancellationToken cancellationToken)
    {
        try
        {
            var expired = await inbox.SendAsync(session, new SessionCommand.Expire(before), cancellationToken);
            if (expired is { IsSuccess: true, Value: SessionReply.Done { Status: SessionStatus.Terminated } })
            {
                LogTerminated(session, before);
                audit.Post(Done(AuditActions.SessionTerminated, session));
            }
            else
            {
                LogKept(session, expired.Error?.Reason ?? "in use");
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // One that cannot be read must not keep the others.
            LogFailed(exception, session);
        }
    }

    private async Task DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var session in await store.ListUnusedAsync(SessionStatus.Terminated, before, after: null, _options.MaxPerSweep, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            LogDeleting(session, before);
            await deletion.DeleteAsync(session);
            audit.Post(Done(AuditActions.SessionDeleted, session));
        }
    }

    private static AuditEntry Done(string action, SessionId session) =>
        new AuditEntry(action, AuditOutcome.Done) { Credential = AuditCredential.Server, Session = session };

    /// <summary>Where the last look ended: those that fail again and again must not keep the ones behind them.</summary>
    private sealed class Place
    {
        private SessionId? _after;

        public async Task<IReadOnlyList<SessionId>> NextAsync(Func<SessionId?, int, Task<IReadOnlyList<SessionId>>> list, int limit)
        {
            var found = await list(_after, limit);
            if (found.Count == 0 && _after is not null)
            {
                found = await list(null, limit);
            }

            _after = found.Count == limit ? found[^1] : null;
            return found;
        }
    }

    [LoggerMessage(293, LogLevel.Information, "Session {SessionId}, asleep and unused since before {Before}, was terminated")]
    private partial void LogTerminated(SessionId sessionId, DateTimeOffset before);

    [LoggerMessage(294, LogLevel.Debug, "Session {SessionId} is not terminated: {Reason}")]
    private partial void LogKept(SessionId sessionId, string reason);

    [LoggerMessage(295, LogLevel.Error, "Session {SessionId} could not be terminated")]
    private partial void LogFailed(Exception exception, SessionId sessionId);

    [LoggerMessage(296, LogLevel.Information, "Session {SessionId}, terminated since before {Before}, is deleted")]
    private partial void LogDeleting(SessionId sessionId, DateTimeOffset before);
}
