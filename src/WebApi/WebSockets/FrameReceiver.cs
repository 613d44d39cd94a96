using System.Buffers;
using System.Net.WebSockets;

namespace Claudy.WebApi.WebSockets;

/// <summary>What came from a client.</summary>
internal enum ReceivedKind
{
    /// <summary>A whole text frame.</summary>
    Text,

    /// <summary>A binary frame, which the protocol has not.</summary>
    Binary,

    /// <summary>More than one frame may hold; the rest of it is still to come.</summary>
    TooLarge,

    /// <summary>The client is done.</summary>
    Closed,
}

/// <summary>Bytes from a client, in a pooled buffer that whoever handles them gives back.</summary>
internal readonly record struct ReceivedFrame(ReceivedKind Kind, byte[]? Buffer, int Length) : IDisposable
{
    public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);

    public void Dispose()
    {
        if (Buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}

/// <summary>Puts messages together from what the socket gives. A silent connection holds no buffer.</summary>
internal sealed class FrameReceiver(WebSocket socket)
{
    private const int FirstBuffer = 4096;

    /// <summary>Waits for the next message.</summary>
    /// <param name="maxBytes">Asked when it comes: how large it may be.</param>
    /// <param name="cancellationToken">Gives up, and the connection with it.</param>
    /// <exception cref="WebSocketException">The connection broke, or the client broke the WebSocket protocol.</exception>
    public async ValueTask<ReceivedFrame> ReceiveAsync(Func<int> maxBytes, CancellationToken cancellationToken)
    {
        var result = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
        var limit = maxBytes();
        if (result.MessageType == WebSocketMessageType.Close)
        {
            return new ReceivedFrame(ReceivedKind.Closed, null, 0);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        var length = 0;
        try
        {
            while (!result.EndOfMessage)
            {
                if (length == buffer.Length)
                {
                    Grow(ref buffer, length);
                }

                result = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                length += result.Count;
                if (result.MessageType == WebSocketMessageType.Close || length > limit)
                {
                    var kind = length > limit ? ReceivedKind.TooLarge : ReceivedKind.Closed;
                    ArrayPool<byte>.Shared.Return(buffer);
                    return new ReceivedFrame(kind, null, 0);
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        return new ReceivedFrame(result.MessageType == WebSocketMessageType.Text ? ReceivedKind.Text : ReceivedKind.Binary, buffer, length);
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
