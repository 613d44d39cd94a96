using System.Text.Json;
using System.Text.Unicode;
using Claudy.Application.Messaging;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Protocol;

/// <summary>Reads the envelope of a client's frame. Never throws, whatever the bytes.</summary>
internal static class FrameCodec
{
    /// <summary>Reads one frame.</summary>
    /// <param name="utf8">The whole frame; <see cref="ClientFrame.Data"/> stays a slice of it.</param>
    /// <param name="frame">What could be read.</param>
    /// <returns>Null; or <c>WS_002</c> when it is no frame, <c>WS_005</c> when its id is too long.</returns>
    public static Error? Decode(ReadOnlyMemory<byte> utf8, out ClientFrame frame)
    {
        frame = new ClientFrame();
        if (!Utf8.IsValid(utf8.Span))
        {
            return ProtocolErrors.Malformed("it is not valid UTF-8");
        }

        try
        {
            return Read(utf8, frame);
        }
        catch (JsonException)
        {
            return ProtocolErrors.Malformed("it is not valid JSON");
        }
        catch (InvalidOperationException)
        {
            // The reader's word for an escaped half of a surrogate pair.
            return ProtocolErrors.Malformed("it has a string that is not valid Unicode");
        }
    }

    private static Error? Read(ReadOnlyMemory<byte> utf8, ClientFrame frame)
    {
        var reader = new Utf8JsonReader(utf8.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return ProtocolErrors.Malformed("it is not a JSON object");
        }

        string? wrong = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            wrong ??= ReadField(ref reader, utf8, frame);
            reader.Skip();
        }

        // Throws when something follows the object.
        reader.Read();

        if (wrong is not null)
        {
            return ProtocolErrors.Malformed(wrong);
        }

        if (frame.Type.Length == 0)
        {
            return ProtocolErrors.Malformed("it has no type");
        }

        if (frame.Id?.Length > ClientFrame.MaxIdLength)
        {
            frame.Id = null;
            return RequestErrors.InvalidField("id", $"id may have {ClientFrame.MaxIdLength} characters at most.");
        }

        return null;
    }

    // Leaves the reader on the field's value, or at the end of it.
    private static string? ReadField(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8, ClientFrame frame)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            var wrong = ReadString(ref reader, "type", out var type);
            frame.Type = type ?? "";
            return wrong;
        }

        if (reader.ValueTextEquals("id"u8))
        {
            var wrong = ReadString(ref reader, "id", out var id);
            frame.Id = id;
            return wrong;
        }

        if (reader.ValueTextEquals("session_id"u8))
        {
            var wrong = ReadString(ref reader, "session_id", out var sessionId);
            frame.SessionId = sessionId;
            return wrong;
        }

        if (reader.ValueTextEquals("content"u8))
        {
            var wrong = ReadString(ref reader, "content", out var content);
            frame.Content = content;
            return wrong;
        }

        if (reader.ValueTextEquals("data"u8))
        {
            return ReadData(ref reader, utf8, frame);
        }

        reader.Read();
        return null;
    }

    private static string? ReadString(ref Utf8JsonReader reader, string field, out string? value)
    {
        reader.Read();
        value = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return reader.TokenType is JsonTokenType.String or JsonTokenType.Null ? null : $"{field} must be a string";
    }

    private static string? ReadData(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8, ClientFrame frame)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return reader.TokenType == JsonTokenType.Null ? null : "data must be an object";
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        frame.Data = utf8[start..(int)reader.BytesConsumed];
        return null;
    }
}
