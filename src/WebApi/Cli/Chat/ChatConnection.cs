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

    private ChatConnection()
    {
        _socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
        _socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
    }

    /// <summary>Why the other side closed; null when it did not, or only went away.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    /// <exception cref="WebSocketException">Nobody answers there, or not with a WebSocket.</exception>
    public static async Task<ChatConnection> OpenAsync(Uri url, CancellationToken cancellationToken)
    {
        var connection = new ChatConnection();
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
        finally
        {
            _sending.Release();
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
            var part = await _socket.ReceiveAsync(_received.GetMemory(16 * 1024), cancellationToken);
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
            catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
            {
                // There is nobody left to say goodbye to.
            }
        }

        _socket.Dispose();
        _sending.Dispose();
    }
}
