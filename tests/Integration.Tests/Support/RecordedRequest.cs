using System.Text.Json;

namespace Claudy.Integration.Tests.Support;

/// <summary>A request that <see cref="ScriptedMessagesApi"/> got.</summary>
/// <param name="Method">GET, POST …</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its question mark; empty when there is none.</param>
/// <param name="Headers">By name, in any case; several values are joined by commas.</param>
/// <param name="BodyText">The body as it came.</param>
/// <param name="Aborted">Completes when the client hangs up before the answer is whole.</param>
public sealed record RecordedRequest(
    string Method,
    string Path,
    string Query,
    IReadOnlyDictionary<string, string> Headers,
    string BodyText,
    Task Aborted)
{
    /// <summary>The body as JSON; undefined when it is not JSON.</summary>
    public JsonElement Body { get; } = Parse(BodyText);

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool IsStreaming => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;

    /// <summary>Whether this is the conversation itself. Claude Code's side requests (session titles, summaries, quota checks) offer no tools.</summary>
    public bool IsConversation =>
        Path == "/v1/messages" && Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("tools", out var tools) && tools.GetArrayLength() > 0;

    /// <summary>The text and tool results of the last message by the user, joined by newlines. Claude Code may put messages of the role "system" behind it.</summary>
    public string LastMessageText
    {
        get
        {
            var message = Body.GetProperty("messages").EnumerateArray().Last(message => message.GetProperty("role").GetString() == "user");
            return string.Join('\n', Texts(message.GetProperty("content")));
        }
    }

    private static IEnumerable<string> Texts(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => [content.GetString()!],
        JsonValueKind.Array => content.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object when content.TryGetProperty("text", out var text) => [text.GetString()!],
        JsonValueKind.Object when content.TryGetProperty("content", out var inner) => Texts(inner),
        _ => [],
    };

    private static JsonElement Parse(string text)
    {
        if (text.Length == 0)
            return default;
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
