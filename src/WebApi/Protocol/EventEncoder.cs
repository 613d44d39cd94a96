using System.Buffers;
using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.WebApi.Protocol;

/// <summary>Writes what happens in one session as frames.</summary>
/// <remarks>Not thread-safe: a session's items are published one after the other.</remarks>
internal sealed class EventEncoder(SessionId session, TimeProvider time)
{
    private readonly string _session = session.ToString();
    private readonly DeltaEncoder _deltas = new(session, time);

    /// <summary>Writes a frame's payload.</summary>
    public void Write(IBufferWriter<byte> output, FeedItem item)
    {
        switch (item)
        {
            case FeedItem.Delta delta:
                _deltas.Write(output, delta);
                break;
            case FeedItem.Durable durable:
                Write(output, durable.Stored);
                break;
            case FeedItem.DeltaDiscarded discarded:
                WriteEphemeral(output, FrameTypes.Ephemeral.MessageDiscarded, null, discarded, static (writer, d) =>
                    writer.WriteString("message_id"u8, d.MessageId));
                break;
            case FeedItem.Progress progress:
                WriteEphemeral(output, FrameTypes.Ephemeral.ToolProgress, progress.Task.Description, progress.Task, static (writer, task) =>
                {
                    writer.WriteString("task_id"u8, task.TaskId);
                    writer.WriteString("tool_use_id"u8, task.ToolUseId);
                    writer.WriteString("state"u8, task.State);
                });
                break;
            case FeedItem.QueuePosition place:
                WriteEphemeral(output, FrameTypes.Ephemeral.QueuePosition, null, place, static (writer, p) =>
                {
                    writer.WriteNumber("position"u8, p.Position);
                    writer.WriteNumber("waiting"u8, p.Waiting);
                });
                break;
            case FeedItem.Notice notice:
                WriteEphemeral(output, FrameTypes.Ephemeral.ServerNotice, notice.Message, notice, static (writer, n) =>
                    writer.WriteString("reason"u8, n.Reason));
                break;
            case FeedItem.UsageUpdated used:
                WriteEphemeral(output, FrameTypes.Ephemeral.UsageUpdated, null, used, WireUsage.Write);
                break;
            case FeedItem.Deleted:
                WriteEphemeral(output, FrameTypes.Ephemeral.SessionDeleted, null, item, static (_, _) => { });
                break;
            case FeedItem.EgressRefused refused:
                WriteEphemeral(output, FrameTypes.Ephemeral.ServerNotice, refused.Refusal.Message, refused.Refusal, static (writer, refusal) =>
                {
                    writer.WriteString("reason"u8, "egress_refused"u8);
                    writer.WriteString("host"u8, refusal.Host);
                    writer.WriteNumber("port"u8, refusal.Port);
                    writer.WriteString("why"u8, WireNetwork.Of(refusal.Reason));
                });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(item), item.GetType(), "Every item has a frame.");
        }
    }

    /// <summary>Writes a durable event's payload.</summary>
    public void Write(IBufferWriter<byte> output, StoredEvent stored)
    {
        var writer = Open(output, TypeOf(stored.Event));
        writer.WriteNumber("seq"u8, stored.Seq);
        Close(writer, ContentOf(stored.Event), stored.At);
        EventData.Write(writer, stored.Event);
        Finish(writer);
    }

    /// <summary>Writes a durable event's payload from its stored form, byte for byte as if it had just happened.</summary>
    public void Write(IBufferWriter<byte> output, StoredEventJson stored)
    {
        if (!RawEvent.TryRead(stored.Json.Span, out var raw))
        {
            Write(output, stored.Decode());
            return;
        }

        var writer = Open(output, raw.FrameType);
        writer.WriteNumber("seq"u8, stored.Seq);
        if (!raw.Content.IsEmpty)
        {
            writer.WritePropertyName("content"u8);
            writer.WriteRawValue(raw.Content, skipInputValidation: true);
        }

        Close(writer, null, stored.At);
        raw.WriteData(writer);
        Finish(writer);
    }

    /// <summary>The frame type of each durable event.</summary>
    internal static string TypeOf(SessionEvent sessionEvent) => sessionEvent switch
    {
        SessionCreated or SettingsChanged => FrameTypes.Event.SessionSettings,
        StatusChanged => FrameTypes.Event.SessionStatus,
        QueueChanged => FrameTypes.Event.QueueChanged,
        UserMessageAdded => FrameTypes.Event.UserMessage,
        TurnStarted => FrameTypes.Event.TurnStarted,
        TurnSuspended => FrameTypes.Event.TurnSuspended,
        TurnResumed => FrameTypes.Event.TurnResumed,
        AssistantText => FrameTypes.Event.ClaudeResponse,
        AssistantThinking => FrameTypes.Event.ClaudeThinking,
        ToolUsed => FrameTypes.Event.ToolUse,
        ToolReturned => FrameTypes.Event.ToolResult,
        PermissionRequested => FrameTypes.Event.PermissionRequest,
        PermissionResolved => FrameTypes.Event.PermissionResolved,
        PermissionRulesChanged => FrameTypes.Event.PermissionRulesChanged,
        TurnCompleted => FrameTypes.Event.TurnCompleted,
        SessionErrorRaised => FrameTypes.Event.SessionError,
        AgentNotice => FrameTypes.Event.AgentNotice,
        AgentSessionChanged => FrameTypes.Event.AgentSession,
        ConfigurationReviewRequested => FrameTypes.Event.ConfigurationReview,
        ConfigurationReviewed => FrameTypes.Event.ConfigurationReviewed,
        ConversationRewound => FrameTypes.Event.ConversationRewound,
        BudgetPaused => FrameTypes.Event.BudgetPaused,
        BudgetResumed => FrameTypes.Event.BudgetResumed,
        BudgetWarned => FrameTypes.Event.BudgetWarning,
        QuotaPaused => FrameTypes.Event.QuotaPaused,
        QuotaResumed => FrameTypes.Event.QuotaResumed,
        FilesChanged => FrameTypes.Event.FileChanged,
        RepositoryCloned => FrameTypes.Event.RepositoryCloned,
        _ => throw new ArgumentOutOfRangeException(nameof(sessionEvent), sessionEvent.GetType(), "Every event has a frame."),
    };

    private static string? ContentOf(SessionEvent sessionEvent) => sessionEvent switch
    {
        UserMessageAdded e => e.Message.Text,
        QueueChanged e => e.Message?.Text,
        TurnResumed e => e.Instruction,
        AssistantText e => e.Text,
        AssistantThinking e => e.Text,
        SessionErrorRaised e => e.Message,
        BudgetPaused e => UsageErrors.BudgetSpent(e.Reached).Message,
        BudgetWarned e => UsageErrors.Warning(e.Reached),
        QuotaPaused e => WorkspaceErrors.QuotaPaused(e.Usage),
        _ => null,
    };

    private static void Close(Utf8JsonWriter writer, string? content, DateTimeOffset at)
    {
        if (content is not null)
        {
            writer.WriteString("content"u8, content);
        }

        writer.WriteString("timestamp"u8, WireTimestamp.Of(at));
        writer.WriteStartObject("data"u8);
    }

    private static void Finish(Utf8JsonWriter writer)
    {
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
    }

    private Utf8JsonWriter Open(IBufferWriter<byte> output, string type)
    {
        var writer = JsonWriters.On(output);
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteString("session_id"u8, _session);
        return writer;
    }

    private void WriteEphemeral<T>(IBufferWriter<byte> output, string type, string? content, T item, Action<Utf8JsonWriter, T> data)
    {
        var writer = Open(output, type);
        Close(writer, content, time.GetUtcNow());
        data(writer, item);
        Finish(writer);
    }
}

/// <summary>Writes deltas: constant parts prepared once, the text copied as bytes. Claudy's hottest path.</summary>
internal sealed class DeltaEncoder(SessionId session, TimeProvider time)
{
    // What JSON must escape in a string; everything from 0x80 on is UTF-8 and goes as it is.
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b), (byte)'"', (byte)'\\']);

    private readonly byte[] _response = Prefix(FrameTypes.Event.ClaudeResponse, session);
    private readonly byte[] _thinking = Prefix(FrameTypes.Event.ClaudeThinking, session);
    private string? _messageId;
    private byte[] _message = [];

    public void Write(IBufferWriter<byte> output, FeedItem.Delta delta)
    {
        var text = delta.Utf8.Span;
        if (!System.Text.Unicode.Utf8.IsValid(text))
        {
            // One broken byte would make every client drop its connection.
            text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));
        }

        if (!ReferenceEquals(_messageId, delta.MessageId))
        {
            _messageId = delta.MessageId;
            _message = Encoding.UTF8.GetBytes($"\",\"data\":{{\"message_id\":\"{JsonEncodedText.Encode(delta.MessageId)}\",\"chunk_index\":");
        }

        var prefix = delta.IsThinking ? _thinking : _response;
        var clean = text.IndexOfAny(Escaped);
        var room = prefix.Length + (clean < 0 ? text.Length : text.Length * 6) + 16 + WireTimestamp.Length + _message.Length + 32;
        var target = output.GetSpan(room);

        var at = Copy(prefix, target, 0);
        at = clean < 0 ? Copy(text, target, at) : Escape(text, clean, target, at);
        at = Copy("\",\"timestamp\":\""u8, target, at);
        at = Copy(WireTimestamp.Of(time.GetUtcNow()), target, at);
        at = Copy(_message, target, at);
        System.Buffers.Text.Utf8Formatter.TryFormat(delta.ChunkIndex, target[at..], out var digits);
        at = Copy(",\"is_complete\":false}}"u8, target, at + digits);
        output.Advance(at);
    }

    private static byte[] Prefix(string type, SessionId session) =>
        Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"session_id\":\"{session}\",\"content\":\"");

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> target, int at)
    {
        source.CopyTo(target[at..]);
        return at + source.Length;
    }

    private static int Escape(ReadOnlySpan<byte> text, int clean, Span<byte> target, int at)
    {
        while (clean >= 0)
        {
            at = Copy(text[..clean], target, at);
            at = text[clean] switch
            {
                (byte)'"' => Copy("\\\""u8, target, at),
                (byte)'\\' => Copy("\\\\"u8, target, at),
                (byte)'\n' => Copy("\\n"u8, target, at),
                (byte)'\r' => Copy("\\r"u8, target, at),
                (byte)'\t' => Copy("\\t"u8, target, at),
                var control => EscapeControl(control, target, at),
            };
            text = text[(clean + 1)..];
            clean = text.IndexOfAny(Escaped);
        }

        return Copy(text, target, at);
    }

    private static int EscapeControl(byte control, Span<byte> target, int at)
    {
        at = Copy("\\u00"u8, target, at);
        target[at] = (byte)('0' + (control >> 4));
        target[at + 1] = (byte)"0123456789abcdef"[control & 0xF];
        return at + 2;
    }
}
