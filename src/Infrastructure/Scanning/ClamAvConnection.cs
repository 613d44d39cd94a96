using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Scanning;

/// <summary>One conversation with clamd: one command, one answer. The protocol is that of clamd(8).</summary>
internal sealed class ClamAvConnection : IDisposable
{
    // clamd compares the length with StreamMaxLength, whole chunks at a time.
    private const int ChunkLength = 64 * 1024;
    private const int LengthPrefix = sizeof(uint);
    private const int MaxAnswerLength = 4096;

    private readonly Socket _socket;

    private ClamAvConnection(Socket socket) => _socket = socket;

    /// <exception cref="SocketException">Nobody answers there.</exception>
    public static async Task<ClamAvConnection> OpenAsync(EndPoint address, CancellationToken cancellationToken)
    {
        var socket = address is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return new ClamAvConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks for its version.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async Task<string> AskVersionAsync(CancellationToken cancellationToken)
    {
        await SendAsync("zVERSION\0"u8.ToArray(), cancellationToken);
        return await ReadAnswerAsync(cancellationToken);
    }

    /// <summary>Has it look at a file.</summary>
    /// <returns>Its answer: <c>stream: OK</c>, <c>stream: … FOUND</c>, <c>… ERROR</c>; empty when it hung up without one.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async Task<string> ScanAsync(SafeFileHandle content, CancellationToken cancellationToken)
    {
        try
        {
            await StreamAsync(content, cancellationToken);
        }
        catch (SocketException)
        {
            // Of a stream that is too long it says so and hangs up, in the midst of it. What it said may still be there to be read.
        }

        return await ReadAnswerAsync(cancellationToken);
    }

    public void Dispose() => _socket.Dispose();

    private async Task StreamAsync(SafeFileHandle content, CancellationToken cancellationToken)
    {
        await SendAsync("zINSTREAM\0"u8.ToArray(), cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(LengthPrefix + ChunkLength);
        try
        {
            var at = 0L;
            while (await RandomAccess.ReadAsync(content, buffer.AsMemory(LengthPrefix, ChunkLength), at, cancellationToken) is var read and > 0)
            {
                BinaryPrimitives.WriteUInt32BigEndian(buffer, (uint)read);
                await SendAsync(buffer.AsMemory(0, LengthPrefix + read), cancellationToken);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await SendAsync(new byte[LengthPrefix], cancellationToken);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    private async Task<string> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswerLength];
        var filled = 0;
        while (filled < buffer.Length && await _socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken) is var read and > 0)
        {
            filled += read;
            if (buffer.AsSpan(0, filled).IndexOf((byte)0) is >= 0 and var end)
            {
                return Encoding.UTF8.GetString(buffer, 0, end).Trim();
            }
        }

        return Encoding.UTF8.GetString(buffer, 0, filled).Trim();
    }
}
