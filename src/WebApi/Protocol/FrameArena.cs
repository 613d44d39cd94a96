using System.Buffers;
using System.Buffers.Binary;

namespace Claudy.WebApi.Protocol;

/// <summary>
/// Makes WebSocket text frames, header included, one behind the other in large chunks: one encoding serves every
/// connection, neighbours go out in one write, and there is no allocation per frame.
/// </summary>
/// <remarks>Frames of a server carry no mask, so that their bytes are the same for all clients (RFC 6455, 5.1).</remarks>
internal sealed class FrameArena : IBufferWriter<byte>
{
    private const int ChunkSize = 64 * 1024;
    private const byte FinalText = 0x81;

    // Almost all frames are of 126 to 65,535 bytes; the others are moved.
    private const int UsualHeader = 4;

    [ThreadStatic]
    private static FrameArena? _current;

    private byte[] _chunk = [];
    private int _start;
    private int _position;

    /// <summary>The calling thread's own; a frame must be ended before the thread is given up.</summary>
    public static FrameArena Current => _current ??= new FrameArena();

    /// <summary>Begins a frame; one that was begun and not ended is forgotten.</summary>
    public void Begin()
    {
        _position = _start;
        GetSpan(UsualHeader);
        _position += UsualHeader;
    }

    /// <summary>Ends the frame.</summary>
    /// <returns>Header and payload; never changed any more.</returns>
    public ArraySegment<byte> End()
    {
        var length = _position - _start - UsualHeader;
        var header = length switch { < 126 => 2, <= ushort.MaxValue => UsualHeader, _ => 10 };
        if (header != UsualHeader)
        {
            GetSpan(header);
            _chunk.AsSpan(_start + UsualHeader, length).CopyTo(_chunk.AsSpan(_start + header));
        }

        WriteHeader(_chunk.AsSpan(_start), length);
        var frame = new ArraySegment<byte>(_chunk, _start, header + length);
        _start += frame.Count;
        _position = _start;
        if (_chunk.Length > ChunkSize)
        {
            // A chunk made for one large frame must not be kept alive by small ones.
            _chunk = [];
            _start = _position = 0;
        }

        return frame;
    }

    /// <inheritdoc/>
    public void Advance(int count) => _position += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _chunk.AsMemory(_position);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _chunk.AsSpan(_position);
    }

    private static void WriteHeader(Span<byte> header, int length)
    {
        header[0] = FinalText;
        switch (length)
        {
            case < 126:
                header[1] = (byte)length;
                break;
            case <= ushort.MaxValue:
                header[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
                break;
            default:
                header[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)length);
                break;
        }
    }

    private void EnsureRoom(int wanted)
    {
        if (_chunk.Length - _position >= Math.Max(wanted, 1))
        {
            return;
        }

        var begun = _chunk.AsSpan(_start, _position - _start);
        var chunk = GC.AllocateUninitializedArray<byte>(ChunkFor(begun.Length + (long)Math.Max(wanted, 256)));
        begun.CopyTo(chunk);
        _position = begun.Length;
        _start = 0;
        _chunk = chunk;
    }

    /// <summary>How large a chunk must be for a frame of so many bytes that may still grow.</summary>
    /// <exception cref="InvalidOperationException">No frame can be so large.</exception>
    internal static int ChunkFor(long needed) => needed switch
    {
        <= ChunkSize / 4 => ChunkSize,
        _ when needed > Array.MaxLength => throw new InvalidOperationException($"A frame of {needed} bytes is larger than memory can hold in one piece."),
        _ => (int)Math.Min(Math.Max(ChunkSize, needed * 2), Array.MaxLength),
    };
}
