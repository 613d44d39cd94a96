using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>
/// One session's socket and what came through it. Every connection bears its session as a feature, so that whose request it is
/// follows from the socket alone and never from anything that the sandbox says.
/// </summary>
internal sealed partial class BrokerSession : IAsyncDisposable
{
    private static readonly TimeSpan AcceptFailurePause = TimeSpan.FromMilliseconds(100);

    private readonly BrokerOptions _options;
    private readonly SocketConnectionContextFactory _connectionFactory;
    private readonly ILogger _logger;
    private readonly Socket _socket;
    private readonly string _folder;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<string, ConnectionContext> _connections = new(StringComparer.Ordinal);
    private readonly Task _accepting;
    private int _requests;

    /// <summary>Binds the session's socket and begins to accept.</summary>
    public BrokerSession(
        SessionId id,
        Func<ClaudeCredential?> credential,
        BrokerOptions options,
        HeldBytes.Share held,
        ChannelWriter<ConnectionContext> accepted,
        SocketConnectionContextFactory connectionFactory,
        ILogger logger)
    {
        Id = id;
        Credential = credential;
        Held = held;
        _options = options;
        _connectionFactory = connectionFactory;
        _logger = logger;
        _folder = SocketFolder.Create(options.RuntimePath, id);
        SocketPath = Path.Combine(_folder, SocketFolder.SocketName);
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        File.SetUnixFileMode(SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _socket.Listen();
        _accepting = AcceptAllAsync(accepted);
    }

    public SessionId Id { get; }

    public string SocketPath { get; }

    public Func<ClaudeCredential?> Credential { get; set; }

    /// <summary>What of its requests is in memory.</summary>
    public HeldBytes.Share Held { get; }

    /// <summary>Takes a place for a request; false when all are taken. Give it back with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _requests) <= _options.MaxConcurrentRequests)
            return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _requests);

    /// <summary>Takes the socket out of the file system. No connection is accepted from now on.</summary>
    public void Unbind()
    {
        _closing.Cancel();
        _socket.Dispose();
        SocketFolder.Delete(_folder);
    }

    /// <summary>Cuts every connection, and with them the requests; comes after <see cref="Unbind"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _accepting;
        foreach (var connection in _connections.Values)
            connection.Abort(new ConnectionAbortedException("The session was closed."));
        _closing.Dispose();
    }

    private async Task AcceptAllAsync(ChannelWriter<ConnectionContext> accepted)
    {
        try
        {
            while (true)
            {
                if (await AcceptAsync() is { } connection)
                    await HandOverAsync(connection, accepted);
            }
        }
        catch (Exception e) when (_closing.IsCancellationRequested && e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Unbound: there is nothing left to accept.
        }
    }

    private async Task<ConnectionContext?> AcceptAsync()
    {
        try
        {
            var socket = await _socket.AcceptAsync(_closing.Token);
            if (_connections.Count < _options.MaxConnections)
                return _connectionFactory.Create(socket);

            LogTooManyConnections(Id, _options.MaxConnections);
            socket.Dispose();
        }
        catch (SocketException e) when (!_closing.IsCancellationRequested)
        {
            // Out of file descriptors, for one: trying again at once would only burn the processor.
            LogAcceptFailed(e, Id);
            await Task.Delay(AcceptFailurePause, _closing.Token);
        }

        return null;
    }

    private async Task HandOverAsync(ConnectionContext connection, ChannelWriter<ConnectionContext> accepted)
    {
        connection.Features.Set(this);
        _connections[connection.ConnectionId] = connection;
        connection.ConnectionClosed.Register(() => _connections.TryRemove(connection.ConnectionId, out _));
        try
        {
            await accepted.WriteAsync(connection, _closing.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            await connection.DisposeAsync();
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "Session {Session} holds {Limit} connections to its API socket already; dropped one more")]
    private partial void LogTooManyConnections(SessionId session, int limit);

    [LoggerMessage(2102, LogLevel.Warning, "Could not accept a connection on the API socket of session {Session}")]
    private partial void LogAcceptFailed(Exception exception, SessionId session);
}
