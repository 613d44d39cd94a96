using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Claudy.Integration.Tests.Egress;

/// <summary>A server on loopback that keeps what it was sent and answers every request with one line; or echoes.</summary>
internal sealed class LoopbackHost : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _heads = new();
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly bool _isEcho;
    private readonly Task _accepting;
    private int _connections;
    private int _ended;

    private LoopbackHost(IPAddress address, int port, bool isEcho)
    {
        _isEcho = isEcho;
        _listener = new TcpListener(address, port);
        _listener.Start();
        _accepting = AcceptAllAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connected.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How many of them ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>What was sent with each request, body included.</summary>
    public IReadOnlyCollection<string> Requests => _heads;

    public static LoopbackHost Start(string address = "127.0.0.1", int port = 0) => new(IPAddress.Parse(address), port, isEcho: false);

    public static LoopbackHost StartEcho() => new(IPAddress.Loopback, 0, isEcho: true);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                Interlocked.Increment(ref _connections);
                _clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            var stream = client.GetStream();
            if (_isEcho)
            {
                await stream.CopyToAsync(stream, _stopping.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                return;
            }

            var text = new StringBuilder();
            var buffer = new byte[64 * 1024];
            while (!IsWhole(text.ToString()) && await stream.ReadAsync(buffer, _stopping.Token) is var read and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            _heads.Enqueue(text.ToString());
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nreached\n"u8.ToArray(), _stopping.Token);
            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It hung up.
        }
        finally
        {
            Interlocked.Increment(ref _ended);
        }
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var length = text[..end].Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)) is { } header
            ? int.Parse(header["Content-Length: ".Length..])
            : 0;
        return text.Length - end - 4 >= length;
    }
}
