using System.Collections.Concurrent;
using System.Net.Sockets;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Egress;

/// <summary>One session's socket and the connections through it; whose they are follows from the socket alone.</summary>
internal sealed partial class EgressSession : IAsyncDisposable
{
    public const string SocketName = "egress.sock";

    private const int MaxToldRefusals = 50;
    private static readonly TimeSpan AcceptFailurePause = TimeSpan.FromMilliseconds(100);

    private readonly SessionId _id;
    private readonly EgressConnector _connector;
    private readonly EgressOptions _options;
    private readonly ILogger _logger;
    private readonly Action<EgressRefusal> _refused;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<EgressExchange, Task> _exchanges = new();
    private readonly HashSet<EgressRefusal> _told = [];
    private readonly Task _accepting;
    private volatile NetworkRules _rules;

    /// <summary>Binds the session's socket and begins to accept.</summary>
    public EgressSession(
        SessionId id, string folder, NetworkRules rules, Action<EgressRefusal> refused, EgressConnector connector, EgressOptions options, ILogger logger)
    {
        (_id, _rules, _refused, _connector, _options, _logger) = (id, rules, refused, connector, options, logger);
        SocketPath = Path.Combine(folder, SocketName);
        File.Delete(SocketPath);
        _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        File.SetUnixFileMode(SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _socket.Listen();
        _accepting = AcceptAllAsync();
    }

    public string SocketPath { get; }

    /// <summary>What decides about a connection that comes now.</summary>
    public NetworkRules Rules => _rules;

    /// <summary>Puts other rules in place and cuts what they do not allow.</summary>
    public void Apply(NetworkRules rules)
    {
        // An exchange first names its host and then asks for the rules: it sees the new ones, or is seen here.
        _rules = rules;
        Interlocked.MemoryBarrier();
        foreach (var exchange in _exchanges.Keys)
        {
            exchange.CutUnlessAllowed(rules);
        }
    }

    /// <summary>Takes the socket out of the file system. No connection is accepted from now on.</summary>
    public void Unbind()
    {
        _closing.Cancel();

        // Which also removes its file.
        _socket.Dispose();
    }

    /// <summary>Cuts every connection; comes after <see cref="Unbind"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _accepting;
        await Task.WhenAll(_exchanges.Values);
        _closing.Dispose();
    }

    /// <summary>Tells of a refusal, unless it was told before or there were too many.</summary>
    public void Tell(EgressRefusal refusal)
    {
        lock (_told)
        {
            if (_told.Count >= MaxToldRefusals || !_told.Add(refusal))
            {
                return;
            }
        }

        LogRefused(_id, refusal.Host, refusal.Port, refusal.Reason);
        _refused(refusal);
    }

    private async Task AcceptAllAsync()
    {
        // The constructor must return before the first connection is served.
        await Task.Yield();
        try
        {
            while (true)
            {
                if (await AcceptAsync() is { } child)
                {
                    Serve(child);
                }
            }
        }
        catch (Exception e) when (_closing.IsCancellationRequested && e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Unbound: there is nothing left to accept.
        }
    }

    private async Task<Socket?> AcceptAsync()
    {
        try
        {
            var child = await _socket.AcceptAsync(_closing.Token);
            if (_exchanges.Count < _options.MaxConnections)
            {
                return child;
            }

            LogTooManyConnections(_id, _options.MaxConnections);
            child.Dispose();
        }
        catch (SocketException e) when (!_closing.IsCancellationRequested)
        {
            // Out of file descriptors, for one: trying again at once would only burn the processor.
            LogAcceptFailed(e, _id);
            await Task.Delay(AcceptFailurePause, _closing.Token);
        }

        return null;
    }

    private void Serve(Socket child)
    {
        var exchange = new EgressExchange(this, child, _connector, _options.IdleTimeout, _closing.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _exchanges[exchange] = ended.Task;
        _ = ServeAsync(exchange, ended);
    }

    private async Task ServeAsync(EgressExchange exchange, TaskCompletionSource ended)
    {
        try
        {
            await exchange.RunAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut, or a side hung up: nobody is left to tell.
        }
        catch (Exception e)
        {
            LogFault(e, _id);
        }
        finally
        {
            exchange.Dispose();
            _exchanges.TryRemove(exchange, out _);
            ended.SetResult();
        }
    }

    [LoggerMessage(2200, LogLevel.Information, "Session {Session} was refused {Host}:{Port}: {Reason}")]
    private partial void LogRefused(SessionId session, string host, int port, NetworkRefusal reason);

    [LoggerMessage(2201, LogLevel.Warning, "Session {Session} holds {Limit} connections to the network already; dropped one more")]
    private partial void LogTooManyConnections(SessionId session, int limit);

    [LoggerMessage(2202, LogLevel.Warning, "Could not accept a connection on the egress socket of session {Session}")]
    private partial void LogAcceptFailed(Exception exception, SessionId session);

    [LoggerMessage(2203, LogLevel.Error, "A connection of session {Session} to the network went wrong")]
    private partial void LogFault(Exception exception, SessionId session);
}
