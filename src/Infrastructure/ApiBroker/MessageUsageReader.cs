using System.Text.Json;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Reads an answer that is one JSON object, however long: keeps only the values of its own <c>model</c> and <c>usage</c>.</summary>
internal sealed class MessageUsageReader : UsageReader
{
    private const int MaxValue = 16 * 1024;
    private const int MaxName = 32;

    private readonly byte[] _kept = new byte[MaxValue];
    private readonly byte[] _name = new byte[MaxName];
    private int _keptLength;
    private int _nameLength;
    private int _depth;
    private bool _isInString;
    private bool _isEscaped;
    private bool _isName;
    private bool _isNameNext;
    private Field _field;
    private long _bytes;

    private enum Field
    {
        Other,
        Model,
        Usage,
    }

    public override void Read(ReadOnlySpan<byte> piece)
    {
        _bytes += piece.Length;
        OutputEstimate = _bytes / BytesPerToken;
        while (!piece.IsEmpty)
        {
            var taken = _isInString ? ReadString(piece) : ReadBetween(piece);
            piece = piece[taken..];
        }
    }

    private int ReadString(ReadOnlySpan<byte> piece)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
            Take(piece[..1]);
            return 1;
        }

        var end = piece.IndexOfAny((byte)'"', (byte)'\\');
        if (end < 0)
        {
            Take(piece);
            return piece.Length;
        }

        if (piece[end] == '\\')
        {
            _isEscaped = true;
            Take(piece[..(end + 1)]);
            return end + 1;
        }

        _isInString = false;
        if (_isName)
        {
            Take(piece[..end]);
            EndName();
        }
        else
        {
            Take(piece[..(end + 1)]);
        }

        return end + 1;
    }

    private int ReadBetween(ReadOnlySpan<byte> piece)
    {
        switch (piece[0])
        {
            case (byte)'"':
                _isInString = true;
                _isName = _depth == 1 && _isNameNext;
                if (_isName)
                    _nameLength = 0;
                else
                    Keep(piece[..1]);
                break;
            case (byte)'{' or (byte)'[':
                Keep(piece[..1]);
                _depth++;
                _isNameNext = _depth == 1;
                break;
            case (byte)'}' or (byte)']':
                _depth--;
                if (_depth >= 1)
                    Keep(piece[..1]);
                else
                    EndValue();
                break;
            case (byte)',' when _depth == 1:
                EndValue();
                _isNameNext = true;
                break;
            case (byte)':' when _depth == 1:
                _isNameNext = false;
                break;
            default:
                Keep(piece[..1]);
                break;
        }

        return 1;
    }

    private void Take(ReadOnlySpan<byte> part)
    {
        if (!_isName)
        {
            Keep(part);
            return;
        }

        // A longer name is none of those that are looked for.
        var room = Math.Min(part.Length, MaxName - _nameLength);
        part[..room].CopyTo(_name.AsSpan(_nameLength));
        _nameLength += room;
    }

    private void EndName()
    {
        var name = _name.AsSpan(0, _nameLength);
        _field = name.SequenceEqual("usage"u8) ? Field.Usage : Field.Other;
        if (name.SequenceEqual("model"u8))
            _field = Field.Model;
        _keptLength = 0;
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_field == Field.Other)
            return;
        if (part.Length > MaxValue - _keptLength)
        {
            _field = Field.Other;
            return;
        }

        part.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += part.Length;
    }

    private void EndValue()
    {
        var field = _field;
        _field = Field.Other;
        if (field == Field.Other)
            return;
        try
        {
            var reader = new Utf8JsonReader(_kept.AsSpan(0, _keptLength));
            reader.Read();
            if (field == Field.Usage)
                TakeUsage(ref reader);
            else
                TakeModel(ref reader);
        }
        catch (JsonException)
        {
            // The child is told the same and can complain about it.
        }
    }
}
