using System.Buffers;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Memory for requests that are not sent yet, bounded for all sessions together: what sandboxes send must not fill the server.</summary>
internal sealed class HeldBytes(IOptions<BrokerOptions> options)
{
    private readonly long _limit = options.Value.MaxHeldBytes;
    private long _held;

    /// <summary>A buffer of at least that size; null when there is no room. Give it back with <see cref="Return"/>.</summary>
    public byte[]? TryRent(int size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        if (Interlocked.Add(ref _held, buffer.Length) <= _limit)
            return buffer;
        Return(buffer);
        return null;
    }

    public void Return(byte[] buffer)
    {
        Interlocked.Add(ref _held, -buffer.Length);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
