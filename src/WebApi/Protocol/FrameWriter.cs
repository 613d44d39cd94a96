using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.WebApi.Protocol;

/// <summary>An answer, before it knows what it replies to.</summary>
internal abstract class Answer(string type)
{
    /// <summary>One of <see cref="FrameTypes.Answer"/>.</summary>
    public string Type { get; } = type;

    /// <summary>Which session it is about; null for none.</summary>
    public SessionId? Session { get; init; }

    /// <summary>The text, where it has one.</summary>
    public string? Content { get; init; }

    /// <summary>Writes <c>data</c>.</summary>
    public abstract void WriteData(Utf8JsonWriter writer);

    /// <summary>An answer with fields.</summary>
    public static Answer Of<T>(string type, T data, JsonTypeInfo<T> typeInfo, SessionId? session = null) =>
        new Answer<T>(type, data, typeInfo) { Session = session };

    /// <summary>An answer without fields.</summary>
    public static Answer Empty(string type, SessionId? session = null) =>
        Of(type, EmptyData.Instance, ProtocolJson.Default.EmptyData, session);

    /// <summary>What an error looks like on the wire.</summary>
    public static Answer Of(Error error, SessionId? session = null)
    {
        var data = new ErrorData(error.Code, error.Reason, error.Retryable, error.Details.Count > 0 ? error.Details : null);
        return new Answer<ErrorData>(FrameTypes.Answer.Error, data, ProtocolJson.Default.ErrorData) { Content = error.Message, Session = session };
    }
}

/// <inheritdoc/>
internal sealed class Answer<T>(string type, T data, JsonTypeInfo<T> typeInfo) : Answer(type)
{
    /// <summary>The type's own fields.</summary>
    public T Data => data;

    /// <inheritdoc/>
    public override void WriteData(Utf8JsonWriter writer) => JsonSerializer.Serialize(writer, data, typeInfo);
}

/// <summary>Writes answers as frames.</summary>
internal static class FrameWriter
{
    /// <summary>Writes an answer as one WebSocket frame, header included.</summary>
    public static ArraySegment<byte> Frame(Answer answer, string? replyTo, DateTimeOffset now)
    {
        var arena = FrameArena.Current;
        arena.Begin();
        Write(arena, answer, replyTo, now);
        return arena.End();
    }

    /// <summary>Writes a session's stored event as one WebSocket frame, header included.</summary>
    public static ArraySegment<byte> Frame(EventEncoder encoder, StoredEventJson stored)
    {
        var arena = FrameArena.Current;
        arena.Begin();
        encoder.Write(arena, stored);
        return arena.End();
    }

    /// <summary>Writes an answer's payload.</summary>
    public static void Write(IBufferWriter<byte> output, Answer answer, string? replyTo, DateTimeOffset now)
    {
        var writer = JsonWriters.On(output);
        writer.WriteStartObject();
        writer.WriteString("type"u8, answer.Type);
        if (answer.Session is { } session)
        {
            writer.WriteString("session_id"u8, session.Value);
        }

        if (replyTo is not null)
        {
            writer.WriteString("reply_to"u8, replyTo);
        }

        if (answer.Content is not null)
        {
            writer.WriteString("content"u8, answer.Content);
        }

        writer.WriteString("timestamp"u8, WireTimestamp.Of(now));
        writer.WritePropertyName("data"u8);
        answer.WriteData(writer);
        writer.WriteEndObject();
        writer.Flush();
    }
}
