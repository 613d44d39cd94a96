using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>A frame to the server, as docs/protocol.md has it.</summary>
/// <remarks>
/// The client has its own reading of the protocol, as any other client has: it must get along with servers that are
/// older or newer than itself.
/// </remarks>
internal sealed record ClientFrame(string Type)
{
    /// <summary>Comes back as <c>reply_to</c>; on a chat message also makes sending it twice harmless.</summary>
    public string Id { get; init; } = Guid.CreateVersion7().ToString("N", CultureInfo.InvariantCulture);

    public string? SessionId { get; init; }

    public string? Content { get; init; }

    public JsonObject? Data { get; init; }

    public static ClientFrame Auth(string token) => new("auth") { Content = token };

    public static ClientFrame CreateSession() => new("create_session") { Data = [] };

    public static ClientFrame AttachSession(string sessionId, long? afterSeq) =>
        new("attach_session") { SessionId = sessionId, Data = afterSeq is { } seq ? new JsonObject { ["after_seq"] = seq } : [] };

    public static ClientFrame ChatMessage(string text) => new("chat_message") { Content = text };

    public static ClientFrame Interrupt() => new("session_control") { Data = new JsonObject { ["action"] = "interrupt" } };

    public static ClientFrame CancelMessage(string messageId) => new("cancel_message") { Data = new JsonObject { ["message_id"] = messageId } };

    public static ClientFrame PermissionResponse(string requestId, PermissionAnswer answer, string? message = null)
    {
        var data = new JsonObject
        {
            ["request_id"] = requestId,
            ["decision"] = answer == PermissionAnswer.Deny ? "deny" : "allow",
            ["remember"] = answer == PermissionAnswer.AllowForUser ? JsonValue.Create("user") : JsonValue.Create(answer == PermissionAnswer.AllowAlways),
        };
        if (message is not null)
        {
            data["message"] = message;
        }

        return new("permission_response") { Data = data };
    }
}

/// <summary>A frame from the server.</summary>
internal sealed record ServerFrame(JsonElement Raw)
{
    public string Type { get; } = Text(Raw, "type") ?? "";

    public string? SessionId => Text(Raw, "session_id");

    public string? ReplyTo => Text(Raw, "reply_to");

    public string Content => Text(Raw, "content") ?? "";

    /// <summary>The event's number in its session; null on what is not kept.</summary>
    public long? Seq => Raw.TryGetProperty("seq", out var seq) && seq.TryGetInt64(out var value) ? value : null;

    /// <summary>The type's own fields; an empty object when there are none.</summary>
    public JsonElement Data => Raw.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object ? data : EmptyObject;

    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}");

    /// <summary>Reads a frame.</summary>
    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public static ServerFrame Parse(ReadOnlyMemory<byte> utf8)
    {
        var raw = JsonElement.Parse(utf8.Span);
        return raw.ValueKind == JsonValueKind.Object ? new ServerFrame(raw) : throw new JsonException("A frame is a JSON object.");
    }

    public string? Text(string name) => Text(Data, name);

    public long? Number(string name) =>
        Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    public bool Flag(string name) => Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    public DateTimeOffset? Time(string name) =>
        Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) ? time : null;

    public JsonElement? Property(string name) => Data.TryGetProperty(name, out var value) ? value : null;

    public IEnumerable<JsonElement> Items(string name) =>
        Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClientFrame))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ChatJson : JsonSerializerContext;

/// <summary>JSON as people read it.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class PrettyJson : JsonSerializerContext;
