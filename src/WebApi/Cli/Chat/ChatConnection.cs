using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>One WebSocket to the server: whole frames in, whole frames out.</summary>
internal sealed class ChatConnection : IAsyncDisposable
{
    private const int MaxFrameBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ArrayBufferWriter<byte> _received = new(16 * 1024);

    private ChatConnection(TimeSpan keepAlive)
    {
        _socket.Options.KeepAliveInterval = keepAlive;
        _socket.Options.KeepAliveTimeout = keepAlive;
    }

    /// <summary>Why the other side closed; null when it did not, or only went away.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    /// <param name="url">The server.</param>
    /// <param name="keepAlive">How often the server is asked whether it is there, and how long it may take to say so.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="WebSocketException">Nobody answers there, or not with a WebSocket.</exception>
    public static async Task<ChatConnection> OpenAsync(Uri url, TimeSpan keepAlive, CancellationToken cancellationToken)
    {
        var connection = new ChatConnection(keepAlive);
        try
        {
            await connection._socket.ConnectAsync(url, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="WebSocketException">The connection is gone.</exception>
    public async Task SendAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        var utf8 = JsonSerializer.SerializeToUtf8Bytes(frame, ChatJson.Default.ClientFrame);
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(utf8.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        catch (Exception gone) when (IsAborted(gone, cancellationToken))
        {
            throw Lost(gone);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a frame, unless the connection is broken, which the receiving side notices.</summary>
    public async Task TrySendAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(frame, cancellationToken);
        }
        catch (WebSocketException)
        {
            // What matters is kept as unanswered and sent again.
        }
    }

    /// <summary>The next frame, or null when the other side closed.</summary>
    /// <exception cref="WebSocketException">The connection is gone.</exception>
    /// <exception cref="JsonException">That was no frame.</exception>
    public async Task<ServerFrame?> ReceiveAsync(CancellationToken cancellationToken)
    {
        _received.ResetWrittenCount();
        while (true)
        {
            var part = await ReceivePartAsync(cancellationToken);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            _received.Advance(part.Count);
            if (part.EndOfMessage)
            {
                return ServerFrame.Parse(_received.WrittenMemory);
            }

            if (_received.WrittenCount > MaxFrameBytes)
            {
                throw new JsonException("The server sent a frame that is too large to be one.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var timeout = new CancellationTokenSource(CloseTimeout);
            try
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
            }
            catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException)
            {
                // There is nobody left to say goodbye to.
            }
        }

        // Not the semaphore: who waits for it has to get it, and then to see that the socket is gone.
        _socket.Dispose();
    }

    private async ValueTask<ValueWebSocketReceiveResult> ReceivePartAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(_received.GetMemory(16 * 1024), cancellationToken);
        }
        catch (Exception gone) when (IsAborted(gone, cancellationToken))
        {
            throw Lost(gone);
        }
    }

    /// <summary>A missing answer to a keep-alive aborts the socket, which shows as a cancellation that nobody asked for.</summary>
    private static bool IsAborted(Exception exception, CancellationToken cancellationToken) =>
        exception is ObjectDisposedException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static WebSocketException Lost(Exception inner) => new(WebSocketError.ConnectionClosedPrematurely, "the server no longer answers", inner);
}
