using System.Text.Json;

namespace Claudy.Infrastructure.ApiBroker;

/// <summary>Reads server-sent events: <c>message_start</c> and <c>message_delta</c> say what was used.</summary>
internal sealed class EventStreamUsageReader : UsageReader
{
    /// <summary>Events with figures are a few hundred bytes; longer lines are text and are passed over.</summary>
    private const int MaxLine = 16 * 1024;

    /// <summary>About what a delta has around its text: <c>{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}</c>.</summary>
    private const int Frame = 80;

    private readonly byte[] _begun = new byte[MaxLine];
    private int _length;
    private bool _isTooLong;
    private long _skipped;

    public override void Read(ReadOnlySpan<byte> piece)
    {
        while (piece.IndexOf((byte)'\n') is >= 0 and var end)
        {
            var line = piece[..end];
            if (_length == 0 && !_isTooLong)
                ReadLine(line);
            else if (Keep(line))
                ReadLine(_begun.AsSpan(0, _length));
            OutputEstimate += _skipped / BytesPerToken;
            (_length, _isTooLong, _skipped) = (0, false, 0);
            piece = piece[(end + 1)..];
        }

        Keep(piece);
    }

    // The end of a line is in a later piece.
    private bool Keep(ReadOnlySpan<byte> part)
    {
        _isTooLong |= part.Length > MaxLine - _length;
        if (_isTooLong)
        {
            _skipped += part.Length;
            return false;
        }

        part.CopyTo(_begun.AsSpan(_length));
        _length += part.Length;
        return true;
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("data:"u8))
            return;
        var data = line[5..];
        if (data.IndexOf("\"usage\""u8) >= 0)
            ReadEvent(data);
        else if (data.IndexOf("\"content_block_delta\""u8) >= 0)
            OutputEstimate += Math.Max(1, (data.Length - Frame) / BytesPerToken);
    }

    private void ReadEvent(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isMessage = reader.ValueTextEquals("message"u8);
                var isUsage = reader.ValueTextEquals("usage"u8);
                reader.Read();
                if (isUsage)
                    TakeUsage(ref reader);
                else if (isMessage && reader.TokenType == JsonTokenType.StartObject)
                    ReadMessage(ref reader);
                else
                    reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The child is told the same and can complain about it.
        }
    }

    private void ReadMessage(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            var isUsage = reader.ValueTextEquals("usage"u8);
            reader.Read();
            if (isUsage)
                TakeUsage(ref reader);
            else if (isModel)
                TakeModel(ref reader);
            else
                reader.Skip();
        }
    }
}
