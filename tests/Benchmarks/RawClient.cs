using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Claudy.Benchmarks;

/// <summary>
/// A WebSocket client on a bare socket: it walks over the frames in its buffer and does nothing else, so that what many
/// clients cost is the server's cost.
/// </summary>
internal sealed class RawClient : IDisposable
{
    private const int Text = 0x1;
    private const int Close = 0x8;
    private const int Ping = 0x9;
    private const int Pong = 0xA;

    private readonly Socket _socket;
    private byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _end;

    private RawClient(Socket socket) => _socket = socket;

    public static async Task<RawClient> ConnectAsync(Uri address, string? accessToken, int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        var client = new RawClient(socket);
        var authorization = accessToken is null ? "" : $"Authorization: Bearer {accessToken}\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{authorization}\r\n"));
        int end;
        while ((end = client._buffer.AsSpan(0, client._end).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await client.FillAsync();
        }

        var answer = Encoding.ASCII.GetString(client._buffer, 0, end);
        client._start = end + 4;
        return answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal) ? client : throw new InvalidOperationException(answer);
    }

    public Task SendAsync(string text) => SendAsync(Text, Encoding.UTF8.GetBytes(text));

    /// <summary>The next whole frame that has arrived.</summary>
    /// <param name="payload">Valid until the next <see cref="FillAsync"/>.</param>
    /// <exception cref="InvalidOperationException">The server closed.</exception>
    public bool TryNext(out ReadOnlySpan<byte> payload)
    {
        while (true)
        {
            payload = default;
            var bytes = _buffer.AsSpan(_start, _end - _start);
            if (!TryReadHeader(bytes, out var header, out var length) || bytes.Length < header + length)
            {
                return false;
            }

            payload = bytes.Slice(header, length);
            _start += header + length;
            switch (bytes[0] & 0xF)
            {
                case Text:
                    return true;
                case Ping:
                    _ = SendAsync(Pong, payload.ToArray());
                    break;
                case Close:
                    throw new ClosedException(BinaryPrimitives.ReadUInt16BigEndian(payload));
            }
        }
    }

    /// <summary>Waits for more bytes.</summary>
    public async ValueTask FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        _end += received > 0 ? received : throw new InvalidOperationException("The connection is gone.");
    }

    /// <summary>Reads until a frame holds a text, and gives that frame.</summary>
    public async Task<string> ReceiveUntilAsync(string text)
    {
        var needle = Encoding.UTF8.GetBytes(text);
        while (true)
        {
            while (TryNext(out var payload))
            {
                if (payload.IndexOf(needle) >= 0)
                {
                    return Encoding.UTF8.GetString(payload);
                }
            }

            await FillAsync();
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool TryReadHeader(ReadOnlySpan<byte> bytes, out int header, out int length)
    {
        (header, length) = (2, 0);
        if (bytes.Length < 2)
        {
            return false;
        }

        length = bytes[1] & 0x7F;
        header = length switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < header)
        {
            return false;
        }

        length = header switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => length,
        };
        return true;
    }

    // Masked with zeros, which leaves the payload as it is.
    private async Task SendAsync(int opcode, byte[] payload)
    {
        var frame = new byte[payload.Length + 14];
        frame[0] = (byte)(0x80 | opcode);
        var header = 2;
        if (payload.Length < 126)
        {
            frame[1] = (byte)(0x80 | payload.Length);
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            frame[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
            header = 4;
        }
        else
        {
            frame[1] = 0x80 | 127;
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
            header = 10;
        }

        payload.CopyTo(frame.AsSpan(header + 4));
        await _socket.SendAsync(frame.AsMemory(0, header + 4 + payload.Length));
    }
}

/// <summary>The server closed, with this code.</summary>
internal sealed class ClosedException(int code) : InvalidOperationException($"The server closed with {code}.")
{
    public int Code => code;
}
