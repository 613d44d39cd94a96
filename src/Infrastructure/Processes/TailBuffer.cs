using System.Text;

namespace Claudy.Infrastructure.Processes;

/// <summary>Keeps the last bytes of a stream. One thread reads; the text may be asked for from another.</summary>
internal sealed class TailBuffer(int capacity)
{
    private readonly Lock _lock = new();
    private readonly byte[] _ring = new byte[capacity];
    private long _written;

    /// <summary>Reads with blocking calls until the stream ends.</summary>
    public void ReadToEnd(Stream source)
    {
        Span<byte> chunk = stackalloc byte[1024];
        while (source.Read(chunk) is > 0 and var read)
        {
            Append(chunk[..read]);
        }
    }

    /// <summary>What is kept, as UTF-8; a character that was cut off at its front is left out.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            if (_written <= _ring.Length)
            {
                return Encoding.UTF8.GetString(_ring.AsSpan(0, (int)_written));
            }

            var next = (int)(_written % _ring.Length);
            ReadOnlySpan<byte> tail = [.. _ring.AsSpan(next..), .. _ring.AsSpan(..next)];
            while (tail.Length > 0 && (tail[0] & 0xC0) == 0x80)
            {
                tail = tail[1..];
            }

            return Encoding.UTF8.GetString(tail);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (var value in bytes)
            {
                _ring[_written++ % _ring.Length] = value;
            }
        }
    }
}
