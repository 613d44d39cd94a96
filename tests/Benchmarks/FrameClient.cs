using System.Net.WebSockets;
using System.Text;

namespace Claudy.Benchmarks;

/// <summary>A client that does as little as it can with each frame.</summary>
internal sealed class FrameClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1 << 20];

    public static async Task<FrameClient> ConnectAsync(Uri address, string? accessToken)
    {
        var client = new FrameClient();
        if (accessToken is not null)
        {
            client._socket.Options.SetRequestHeader("Authorization", $"Bearer {accessToken}");
        }

        await client._socket.ConnectAsync(address, CancellationToken.None);
        return client;
    }

    public Task SendAsync(string text) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    /// <summary>The next whole frame; valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            var received = await _socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw new InvalidOperationException($"Closed: {_socket.CloseStatus} {_socket.CloseStatusDescription}");
            }

            length += received.Count;
            if (received.EndOfMessage)
            {
                return _buffer.AsMemory(0, length);
            }
        }
    }

    /// <summary>Receives until a frame holds a text, and gives that frame.</summary>
    public async Task<string> ReceiveUntilAsync(string text)
    {
        var needle = Encoding.UTF8.GetBytes(text);
        while (true)
        {
            var frame = await ReceiveAsync();
            if (frame.Span.IndexOf(needle) >= 0)
            {
                return Encoding.UTF8.GetString(frame.Span);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The other end went first.
        }

        _socket.Dispose();
    }
}
