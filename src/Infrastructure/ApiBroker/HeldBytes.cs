using System.Buffers;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>
/// Memory for requests that are not sent yet, bounded for each session and for all together: what sandboxes send must not fill
/// the server, and one must not take the room of the others.
/// </summary>
internal sealed class HeldBytes(IOptions<BrokerOptions> options)
{
    private readonly long _limit = options.Value.MaxHeldBytes;
    private readonly long _limitOfOne = options.Value.MaxHeldBytesPerSession;
    private long _held;

    /// <summary>A session's share.</summary>
    public Share NewShare() => new(this);

    /// <summary>What one session holds.</summary>
    internal sealed class Share(HeldBytes all)
    {
        private long _held;

        /// <summary>A buffer of at least that size; null when there is no room. Give it back with <see cref="Return"/>.</summary>
        public byte[]? TryRent(int size)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(size);
            var fits = Interlocked.Add(ref _held, buffer.Length) <= all._limitOfOne;
            if (Interlocked.Add(ref all._held, buffer.Length) <= all._limit && fits)
                return buffer;
            Return(buffer);
            return null;
        }

        public void Return(byte[] buffer)
        {
            Interlocked.Add(ref _held, -buffer.Length);
            Interlocked.Add(ref all._held, -buffer.Length);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
