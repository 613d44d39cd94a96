using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// The hot path: reads a <c>content_block_delta</c> line of the main thread straight from its bytes, without a document
/// and without a string. Knows the order of properties that the CLI writes; any other line is left to the general reader.
/// </summary>
internal readonly ref struct ClaudeDelta
{
    private const int StackLimit = 1024;

    private readonly ReadOnlySpan<byte> _raw;
    private readonly bool _escaped;
    private readonly Utf8JsonReader _atText;

    private ClaudeDelta(int blockIndex, ClaudeDeltaKind kind, scoped in Utf8JsonReader atText)
    {
        BlockIndex = blockIndex;
        Kind = kind;
        _atText = atText;
        _raw = atText.ValueSpan;
        _escaped = atText.ValueIsEscaped;
    }

    internal int BlockIndex { get; }

    internal ClaudeDeltaKind Kind { get; }

    internal bool IsEmpty => _raw.IsEmpty;

    /// <summary>Whether the line is such a delta, whole and well-formed.</summary>
    /// <exception cref="JsonException">The line is not JSON.</exception>
    internal static bool TryRead(ReadOnlySpan<byte> line, out ClaudeDelta delta)
    {
        delta = default;
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject
            || !ReadName(ref reader, "type"u8) || !ReadString(ref reader, "stream_event"u8)
            || !ReadName(ref reader, "event"u8) || !reader.Read() || reader.TokenType != JsonTokenType.StartObject
            || !ReadName(ref reader, "type"u8) || !ReadString(ref reader, "content_block_delta"u8)
            || !ReadName(ref reader, "index"u8) || !reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var index)
            || !ReadName(ref reader, "delta"u8) || !reader.Read() || reader.TokenType != JsonTokenType.StartObject
            || !ReadName(ref reader, "type"u8) || !reader.Read() || reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        var kind = KindOf(reader);
        if (kind != ClaudeDeltaKind.Other
            && (!ReadName(ref reader, kind == ClaudeDeltaKind.Text ? "text"u8 : "thinking"u8) || !reader.Read() || reader.TokenType != JsonTokenType.String))
        {
            return false;
        }

        var atText = reader;
        if (!RestIsOfMainThread(ref reader))
            return false;

        delta = new ClaudeDelta(index, kind, atText);
        return kind == ClaudeDeltaKind.Other || delta.IsWellFormed();
    }

    /// <summary>The text as UTF-8 without JSON escapes, in an array of its own.</summary>
    internal byte[] ToUtf8()
    {
        if (!_escaped)
            return _raw.ToArray();

        var rented = _raw.Length <= StackLimit ? null : ArrayPool<byte>.Shared.Rent(_raw.Length);
        var buffer = rented is null ? stackalloc byte[StackLimit] : rented.AsSpan();
        var length = _atText.CopyString(buffer);
        var text = buffer[..length].ToArray();
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return text;
    }

    // Broken UTF-8 and surrogate escapes are for the general reader, which mends them first.
    private bool IsWellFormed() =>
        Utf8.IsValid(_raw) && (!_escaped || (_raw.IndexOf("\\ud"u8) < 0 && _raw.IndexOf("\\uD"u8) < 0));

    private static bool RestIsOfMainThread(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName
                && reader.ValueTextEquals("parent_tool_use_id"u8)
                && (!reader.Read() || reader.TokenType != JsonTokenType.Null))
            {
                return false;
            }
        }

        return true;
    }

    private static ClaudeDeltaKind KindOf(in Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("text_delta"u8))
            return ClaudeDeltaKind.Text;
        return reader.ValueTextEquals("thinking_delta"u8) ? ClaudeDeltaKind.Thinking : ClaudeDeltaKind.Other;
    }

    private static bool ReadName(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name);

    private static bool ReadString(ref Utf8JsonReader reader, ReadOnlySpan<byte> value) =>
        reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(value);
}

/// <summary>What a delta adds to.</summary>
internal enum ClaudeDeltaKind
{
    /// <summary>Nothing that is shown while it grows: a tool's input, a signature.</summary>
    Other,

    /// <summary>An answer.</summary>
    Text,

    /// <summary>Thinking.</summary>
    Thinking,
}
