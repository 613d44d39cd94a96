using System.Buffers;
using System.Net.Sockets;

namespace Claudy.Infrastructure.Egress;

/// <summary>Carries bytes both ways between two sockets until both sides are done, or neither said anything for a while.</summary>
internal sealed class Relay(Socket child, Socket host, TimeSpan idleTimeout)
{
    private const int BufferBytes = 32 * 1024;

    /// <summary>Runs to the end; what goes wrong on one side ends both.</summary>
    /// <exception cref="OperationCanceledException">Called off, or silent for too long.</exception>
    /// <exception cref="SocketException">A side broke off.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(idleTimeout);
        await Task.WhenAll(CopyOrEndAsync(child, host, ending), CopyOrEndAsync(host, child, ending));
    }

    private async Task CopyOrEndAsync(Socket from, Socket to, CancellationTokenSource ending)
    {
        try
        {
            await CopyAsync(from, to, ending);
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }
    }

    private async Task CopyAsync(Socket from, Socket to, CancellationTokenSource ending)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(0, BufferBytes), ending.Token) is var read and > 0)
            {
                ending.CancelAfter(idleTimeout);
                await to.SendAllAsync(buffer.AsMemory(0, read), ending.Token);
            }

            // The other direction may have more to say.
            to.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>What sockets lack.</summary>
internal static class SocketSending
{
    /// <summary>Sends all of it; one call of a socket may send less.</summary>
    public static async ValueTask SendAllAsync(this Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }
}
