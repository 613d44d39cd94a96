using System.Text.Json;

namespace Claudy.WebApi.Protocol;

/// <summary>
/// A stored event of the kinds that a session consists of for the most part, cut up into values that go into its frame as
/// they are: who attaches to a long session waits for no objects to be made of it and unmade again.
/// </summary>
/// <remarks>
/// Both forms escape the same characters, so that a value's bytes are the same in either. Whatever is not exactly as
/// expected, such as a field that came later, is left to <see cref="EventData"/>.
/// </remarks>
internal readonly ref struct RawEvent
{
    private readonly ReadOnlySpan<byte> _id;
    private readonly ReadOnlySpan<byte> _name;
    private readonly ReadOnlySpan<byte> _value;
    private readonly ReadOnlySpan<byte> _parent;
    private readonly Kind _kind;
    private readonly bool _flag;

    private RawEvent(Kind kind, scoped in Fields fields, ReadOnlySpan<byte> json)
    {
        _kind = kind;
        _id = fields.Id.Of(json);
        _name = fields.Name.Of(json);
        _value = fields.Value.Of(json);
        _parent = fields.Parent.Of(json);
        _flag = fields.Flag;
    }

    private enum Kind
    {
        Text,
        Thinking,
        ToolUse,
        ToolResult,
    }

    public string FrameType => _kind switch
    {
        Kind.Text => FrameTypes.Event.ClaudeResponse,
        Kind.Thinking => FrameTypes.Event.ClaudeThinking,
        Kind.ToolUse => FrameTypes.Event.ToolUse,
        _ => FrameTypes.Event.ToolResult,
    };

    /// <summary>The frame's text, a JSON string; empty when it has none.</summary>
    public ReadOnlySpan<byte> Content => _kind is Kind.Text or Kind.Thinking ? _value : default;

    /// <summary>Cuts an event up.</summary>
    /// <returns>False when it must be decoded.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out RawEvent raw)
    {
        raw = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!TryReadKind(ref reader, out var kind))
            {
                return false;
            }

            var fields = default(Fields);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!fields.TryTake(ref reader, kind))
                {
                    return false;
                }
            }

            raw = new RawEvent(kind, fields, json);
            return raw.IsWhole;
        }
        catch (JsonException)
        {
            // Decoding it says what is wrong.
            return false;
        }
    }

    /// <summary>Writes its own fields into the open <c>data</c> object.</summary>
    public void WriteData(Utf8JsonWriter writer)
    {
        if (_kind is Kind.Text or Kind.Thinking)
        {
            WriteRaw(writer, "message_id"u8, _id);
            writer.WriteBoolean("is_complete"u8, true);
            if (_flag)
            {
                writer.WriteBoolean("is_partial"u8, true);
            }
        }
        else if (_kind is Kind.ToolUse)
        {
            WriteRaw(writer, "tool_use_id"u8, _id);
            WriteRaw(writer, "name"u8, _name);
            WriteRaw(writer, "input"u8, _value);
        }
        else
        {
            WriteRaw(writer, "tool_use_id"u8, _id);
            WriteRaw(writer, "content"u8, _value);
            writer.WriteBoolean("is_error"u8, _flag);
        }

        if (!_parent.IsEmpty)
        {
            WriteRaw(writer, "parent_tool_use_id"u8, _parent);
        }
    }

    private bool IsWhole => !_id.IsEmpty && !_value.IsEmpty && (_kind != Kind.ToolUse || !_name.IsEmpty);

    private static bool TryReadKind(ref Utf8JsonReader reader, out Kind kind)
    {
        kind = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || !reader.Read() || !reader.ValueTextEquals("type"u8) || !reader.Read())
        {
            return false;
        }

        var found = KindOf(ref reader);
        kind = found ?? default;
        return found is not null;
    }

    private static Kind? KindOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("assistant_text"u8))
        {
            return Kind.Text;
        }

        if (reader.ValueTextEquals("tool_returned"u8))
        {
            return Kind.ToolResult;
        }

        if (reader.ValueTextEquals("tool_used"u8))
        {
            return Kind.ToolUse;
        }

        return reader.ValueTextEquals("assistant_thinking"u8) ? Kind.Thinking : null;
    }

    private static void WriteRaw(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(value, skipInputValidation: true);
    }

    /// <summary>Where a value is.</summary>
    private readonly record struct Place(int Start, int Length)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> json) => json.Slice(Start, Length);
    }

    /// <summary>The values that were found.</summary>
    private struct Fields
    {
        public Place Id;
        public Place Name;
        public Place Value;
        public Place Parent;
        public bool Flag;

        public bool TryTake(ref Utf8JsonReader reader, Kind kind) => kind switch
        {
            Kind.Text or Kind.Thinking when reader.ValueTextEquals("message_id"u8) => Take(ref reader, ref Id),
            Kind.Text or Kind.Thinking when reader.ValueTextEquals("text"u8) => Take(ref reader, ref Value),
            Kind.Text or Kind.Thinking when reader.ValueTextEquals("is_partial"u8) => TakeFlag(ref reader),
            Kind.ToolUse or Kind.ToolResult when reader.ValueTextEquals("tool_use_id"u8) => Take(ref reader, ref Id),
            Kind.ToolUse when reader.ValueTextEquals("name"u8) => Take(ref reader, ref Name),
            Kind.ToolUse when reader.ValueTextEquals("input"u8) => Take(ref reader, ref Value),
            Kind.ToolResult when reader.ValueTextEquals("content"u8) => Take(ref reader, ref Value),
            Kind.ToolResult when reader.ValueTextEquals("is_error"u8) => TakeFlag(ref reader),
            _ when reader.ValueTextEquals("parent_tool_use_id"u8) => Take(ref reader, ref Parent) && reader.TokenType == JsonTokenType.String,
            _ => false,
        };

        private static bool Take(ref Utf8JsonReader reader, ref Place place)
        {
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            place = new Place(start, (int)reader.BytesConsumed - start);
            return true;
        }

        private bool TakeFlag(ref Utf8JsonReader reader)
        {
            reader.Read();
            Flag = reader.TokenType == JsonTokenType.True;
            return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
        }
    }
}
