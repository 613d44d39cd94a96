namespace Claudy.Infrastructure.Processes;

/// <summary>
/// Splits a stream into lines that end with \n or \r\n, or also with \r alone; the last one may lack its end. Lines are handed out where they
/// lie in the buffer, which grows for a long one and shrinks after it.
/// </summary>
/// <param name="maxLineBytes">Bytes that a line may have, without its end.</param>
/// <param name="endsAtReturns">Whether \r alone ends a line; then \r\n is the end of a line, and of an empty one after it.</param>
internal sealed class LineReader(int maxLineBytes, bool endsAtReturns = false)
{
    private const int UsualBytes = 64 << 10;
    private const int KeptBytes = 256 << 10;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(UsualBytes);
    private int _start;
    private int _end;

    /// <summary>Reads with blocking calls until the stream ends.</summary>
    /// <returns>False when a line is longer than allowed; nothing is read after it.</returns>
    public bool ReadToEnd(Stream source, LineHandler onLine)
    {
        while (true)
        {
            MakeRoom();
            var scanned = _end;
            var read = source.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                return _start == _end || Hand(_buffer.AsMemory(_start.._end), onLine);
            }

            _end += read;
            if (!HandLines(scanned, onLine) || _end - _start > maxLineBytes + 1)
            {
                return false;
            }
        }
    }

    private bool HandLines(int scanned, LineHandler onLine)
    {
        while (EndOfLine(_buffer.AsSpan(scanned.._end)) is >= 0 and var length)
        {
            var lineEnd = scanned + length;
            var contentEnd = lineEnd > _start && _buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
            if (!Hand(_buffer.AsMemory(_start..contentEnd), onLine))
            {
                return false;
            }

            scanned = _start = lineEnd + 1;
        }

        return true;
    }

    private int EndOfLine(ReadOnlySpan<byte> bytes) => endsAtReturns ? bytes.IndexOfAny((byte)'\n', (byte)'\r') : bytes.IndexOf((byte)'\n');

    private bool Hand(ReadOnlyMemory<byte> line, LineHandler onLine)
    {
        if (line.Length > maxLineBytes)
        {
            return false;
        }

        onLine(line);
        return true;
    }

    /// <summary>Moves the unfinished line to the front, into a buffer of the size that now suits.</summary>
    private void MakeRoom()
    {
        var unfinished = _end - _start;
        if (unfinished == 0 && _buffer.Length > KeptBytes)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(UsualBytes);
        }
        else if (unfinished > _buffer.Length / 2)
        {
            // The largest limit, 256 MiB, keeps this well within what an array can hold.
            var larger = GC.AllocateUninitializedArray<byte>(_buffer.Length * 2);
            _buffer.AsSpan(_start.._end).CopyTo(larger);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        }
        else
        {
            return;
        }

        _start = 0;
        _end = unfinished;
    }
}
