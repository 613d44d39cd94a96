using System.Globalization;
using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Writes a conversation as the lines of a transcript.</summary>
/// <remarks>
/// Measured on 2.1.197: a line without <c>timestamp</c> is no line; without <c>parentUuid</c> what came before is forgotten;
/// an assistant's message without <c>model</c> makes the CLI hang, and one with the name of a model makes it choose that model.
/// Thinking is left out: the API takes it back only with its signature.
/// </remarks>
/// <param name="output">Gets the lines, UTF-8.</param>
/// <param name="sessionId">What it is to be resumed by.</param>
/// <param name="workspace">The workspace as the CLI sees it.</param>
/// <param name="checkpoints">File checkpoints by the id of the message that they are from before.</param>
/// <param name="newId">Gives each line that has none an id.</param>
internal sealed class ClaudeTranscriptWriter(
    Stream output, Guid sessionId, string workspace, IReadOnlyDictionary<string, JsonElement> checkpoints, Func<Guid> newId)
{
    internal const string Shortened = "[The beginning of this conversation is no longer kept.]";
    internal const string NoResult = "[The call was cut off; its result is not known.]";

    // The CLI's own words.
    private const string Interrupted = "[Request interrupted by user]";

    // What a tool of the API's own side found comes in another form, of which only the call is kept.
    private const string ServerToolPrefix = "srvtoolu_";

    // No model's name, so that the CLI goes on with the one that it was started with.
    private const string NoModel = "claude";

    private Guid? _parent;
    private int _messages;

    internal void Write(Conversation conversation)
    {
        if (conversation.IsShortened)
            WriteUser(newId(), conversation.Turns[0].StartedAt, content => content.WriteStringValue(Shortened));

        foreach (var turn in conversation.Turns)
            Write(turn);
    }

    private void Write(ConversationTurn turn)
    {
        if (turn.Message is { } message)
        {
            WriteUser(Guid.TryParse(message.Id, out var id) ? id : newId(), turn.StartedAt, content => Write(content, message));
            WriteCheckpoint(message.Id);
        }

        foreach (var round in turn.Rounds)
            Write(round, turn.StartedAt);

        if (turn.IsInterrupted)
            WriteUser(newId(), turn.StartedAt, content => content.WriteStringValue(Interrupted));
    }

    private void Write(ConversationRound round, DateTimeOffset at)
    {
        List<ConversationPart> parts = [.. round.Parts.Where(part => part is not ConversationCall call || !call.ToolUseId.StartsWith(ServerToolPrefix, StringComparison.Ordinal))];
        if (parts.Count == 0)
            return;

        List<ConversationCall> calls = [.. parts.OfType<ConversationCall>()];
        WriteLine("assistant", newId(), at, writer => WriteMessage(writer, parts, calls.Count > 0));
        if (calls.Count == 0)
            return;

        // The API wants a result for every call, in the very next message.
        WriteUser(newId(), at, content =>
        {
            content.WriteStartArray();
            foreach (var call in calls)
                WriteResult(content, call);
            content.WriteEndArray();
        });
    }

    private void WriteMessage(Utf8JsonWriter writer, IReadOnlyList<ConversationPart> parts, bool calls)
    {
        writer.WriteString("id"u8, string.Create(CultureInfo.InvariantCulture, $"msg_claudy_{++_messages}"));
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("model"u8, NoModel);
        writer.WriteStartArray("content"u8);
        foreach (var part in parts)
            Write(writer, part);
        writer.WriteEndArray();
        writer.WriteString("stop_reason"u8, calls ? "tool_use"u8 : "end_turn"u8);
        writer.WriteNull("stop_sequence"u8);
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, 0);
        writer.WriteNumber("output_tokens"u8, 0);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ConversationPart part)
    {
        writer.WriteStartObject();
        switch (part)
        {
            case ConversationText text:
                writer.WriteString("type"u8, "text"u8);
                writer.WriteString("text"u8, text.Text);
                break;
            case ConversationCall call:
                writer.WriteString("type"u8, "tool_use"u8);
                writer.WriteString("id"u8, call.ToolUseId);
                writer.WriteString("name"u8, call.Name);
                writer.WritePropertyName("input"u8);
                call.Input.WriteTo(writer);
                break;
        }

        writer.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter writer, ConversationCall call)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "tool_result"u8);
        writer.WriteString("tool_use_id"u8, call.ToolUseId);
        switch (call.Outcome?.Content)
        {
            case { ValueKind: JsonValueKind.String or JsonValueKind.Array } content:
                writer.WritePropertyName("content"u8);
                content.WriteTo(writer);
                break;
            case { } other:
                writer.WriteString("content"u8, other.GetRawText());
                break;
            default:
                writer.WriteString("content"u8, NoResult);
                break;
        }

        writer.WriteBoolean("is_error"u8, call.Outcome?.IsError ?? true);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ChatMessage message)
    {
        if (message.Images.Count == 0)
        {
            writer.WriteStringValue(message.Text);
            return;
        }

        writer.WriteStartArray();
        if (message.Text.Length > 0)
            Write(writer, new ConversationText(message.Text));
        foreach (var image in message.Images)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "image"u8);
            writer.WriteStartObject("source"u8);
            writer.WriteString("type"u8, "base64"u8);
            writer.WriteString("media_type"u8, image.MediaType);
            writer.WriteBase64String("data"u8, image.Data);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteUser(Guid id, DateTimeOffset at, Action<Utf8JsonWriter> content) => WriteLine("user", id, at, writer =>
    {
        writer.WriteString("role"u8, "user"u8);
        writer.WritePropertyName("content"u8);
        content(writer);
    });

    private void WriteLine(string type, Guid id, DateTimeOffset at, Action<Utf8JsonWriter> message)
    {
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            if (_parent is { } parent)
                writer.WriteString("parentUuid"u8, parent);
            else
                writer.WriteNull("parentUuid"u8);
            writer.WriteBoolean("isSidechain"u8, false);
            writer.WriteString("type"u8, type);
            writer.WriteStartObject("message"u8);
            message(writer);
            writer.WriteEndObject();
            writer.WriteString("uuid"u8, id);
            writer.WriteString("timestamp"u8, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("cwd"u8, workspace);
            writer.WriteString("sessionId"u8, sessionId);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
        _parent = id;
    }

    private void WriteCheckpoint(string messageId)
    {
        if (!checkpoints.TryGetValue(messageId, out var snapshot))
            return;

        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "file-history-snapshot"u8);
            writer.WriteString("messageId"u8, messageId);
            writer.WritePropertyName("snapshot"u8);
            snapshot.WriteTo(writer);
            writer.WriteBoolean("isSnapshotUpdate"u8, false);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
