using System.Buffers;

namespace Claudy.WebApi.WebSockets;

/// <summary>Writes what waits for a client, as much at once as there is. A silent connection holds no buffer.</summary>
internal sealed class FrameSender(OutboundQueue outbound, FrameStream stream)
{
    /// <summary>Runs until the queue is completed and empty.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task RunAsync()
    {
        while (await outbound.WaitAsync())
        {
            var scratch = ArrayPool<byte>.Shared.Rent(OutboundQueue.WriteSize);
            try
            {
                while (outbound.Take(scratch) is { Length: > 0 } bytes)
                {
                    await stream.WriteAsync(bytes, CancellationToken.None);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(scratch);
            }
        }
    }
}
