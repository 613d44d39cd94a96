using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>One Kestrel server, with no port of its own, behind the sockets of all sessions.</summary>
internal sealed partial class KestrelApiBroker : IApiBroker, IHostedService, IDisposable
{
    /// <summary>Longer than a session is kept awake: closing an idle connection would race with the child's next request on it.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromHours(1);

    private readonly BrokerOptions _options;
    private readonly BrokerApplication _application;
    private readonly HeldBytes _held;
    private readonly ILogger _logger;
    private readonly SessionListener _listener = new();
    private readonly SocketConnectionContextFactory _connectionFactory;
    private readonly KestrelServer _server;
    private readonly Dictionary<SessionId, BrokerSession> _sessions = [];
    private bool _isStopped;

    public KestrelApiBroker(
        IOptions<BrokerOptions> options,
        BrokerApplication application,
        HeldBytes held,
        IServiceProvider services,
        ILoggerFactory loggerFactory)
    {
        _options = options.Value;
        _application = application;
        _held = held;
        _logger = loggerFactory.CreateLogger<KestrelApiBroker>();
        _connectionFactory = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), _logger);
        _server = new KestrelServer(Options.Create(Configure(services)), _listener, loggerFactory);
    }

    public Task<string> OpenAsync(SessionId session, Func<ClaudeCredential?> credential, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_sessions)
        {
            ObjectDisposedException.ThrowIf(_isStopped, this);
            if (_sessions.TryGetValue(session, out var open))
            {
                open.Credential = credential;
                return Task.FromResult(open.SocketPath);
            }

            var opened = new BrokerSession(session, credential, _options, _held.NewShare(), _listener.Accepted, _connectionFactory, _logger);
            _sessions.Add(session, opened);
            LogOpened(session, opened.SocketPath);
            return Task.FromResult(opened.SocketPath);
        }
    }

    public async Task CloseAsync(SessionId session)
    {
        BrokerSession? open;
        lock (_sessions)
        {
            if (!_sessions.Remove(session, out open))
                return;
            // Within the lock: opening the session anew makes the same path.
            open.Unbind();
        }

        LogClosed(session);
        await open.DisposeAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        SocketFolder.DeleteAbandoned(_options.RuntimePath);
        return _server.StartAsync(_application, cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        List<SessionId> open;
        lock (_sessions)
        {
            _isStopped = true;
            open = [.. _sessions.Keys];
        }

        await Task.WhenAll(open.Select(CloseAsync));
        await _server.StopAsync(cancellationToken);
        SocketFolder.DeleteAbandoned(_options.RuntimePath);
    }

    public void Dispose()
    {
        _server.Dispose();
        _connectionFactory.Dispose();
    }

    private KestrelServerOptions Configure(IServiceProvider services)
    {
        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = _options.MaxRequestBytes;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        // A stopped or starved child is slow without being hostile, and harms nobody but its own session.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Listen(_listener.EndPoint, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        return kestrel;
    }

    [LoggerMessage(2110, LogLevel.Debug, "Opened the API socket of session {Session} at {SocketPath}")]
    private partial void LogOpened(SessionId session, string socketPath);

    [LoggerMessage(2111, LogLevel.Debug, "Closed the API socket of session {Session}")]
    private partial void LogClosed(SessionId session);
}
