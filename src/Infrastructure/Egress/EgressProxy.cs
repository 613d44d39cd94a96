using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Egress;

/// <summary>The proxies of all sessions.</summary>
internal sealed partial class EgressProxy(EgressConnector connector, IOptions<EgressOptions> options, ILogger<EgressProxy> logger) : IEgressProxy, IAsyncDisposable
{
    private readonly Dictionary<SessionId, EgressSession> _sessions = [];
    private bool _isDisposed;

    public Task<string> OpenAsync(
        SessionId session, string folder, NetworkRules rules, Action<EgressRefusal> refused, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_sessions)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_sessions.TryGetValue(session, out var open))
            {
                open.Apply(rules);
                return Task.FromResult(open.SocketPath);
            }

            var opened = new EgressSession(session, folder, rules, refused, connector, options.Value, logger);
            _sessions.Add(session, opened);
            LogOpened(session, opened.SocketPath);
            return Task.FromResult(opened.SocketPath);
        }
    }

    public void Apply(SessionId session, NetworkRules rules)
    {
        lock (_sessions)
        {
            _sessions.GetValueOrDefault(session)?.Apply(rules);
        }
    }

    public async Task CloseAsync(SessionId session)
    {
        EgressSession? open;
        lock (_sessions)
        {
            if (!_sessions.Remove(session, out open))
            {
                return;
            }

            // Within the lock: opening the session anew makes the same path.
            open.Unbind();
        }

        LogClosed(session);
        await open.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        List<SessionId> open;
        lock (_sessions)
        {
            _isDisposed = true;
            open = [.. _sessions.Keys];
        }

        await Task.WhenAll(open.Select(CloseAsync));
    }

    [LoggerMessage(2210, LogLevel.Debug, "Opened the egress socket of session {Session} at {SocketPath}")]
    private partial void LogOpened(SessionId session, string socketPath);

    [LoggerMessage(2211, LogLevel.Debug, "Closed the egress socket of session {Session}")]
    private partial void LogClosed(SessionId session);
}
