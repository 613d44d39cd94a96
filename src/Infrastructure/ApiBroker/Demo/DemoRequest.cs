using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Claudy.Infrastructure.ApiBroker.Demo;

/// <summary>What the demo model understands of a request. Anything that is not there or not as expected reads as absent.</summary>
internal sealed partial record DemoRequest
{
    public required string Model { get; init; }

    public required bool IsStreaming { get; init; }

    public required bool WantsThinking { get; init; }

    /// <summary>The answer has to be JSON of the request's schema, as for Claude Code's session titles.</summary>
    public required bool WantsJson { get; init; }

    public required IReadOnlyList<string> Tools { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>What the user wrote last, without what Claude Code puts around it.</summary>
    public required string UserText { get; init; }

    /// <summary>What came of the tool call that the last message answers; null when it answers none.</summary>
    public required DemoToolResult? ToolResult { get; init; }

    /// <summary>Estimated at four bytes each.</summary>
    public required int InputTokens { get; init; }

    public static DemoRequest Read(JsonElement body)
    {
        var messages = Items(Get(body, "messages"));
        // Not simply the last one: for newer models Claude Code adds messages of the role "system" behind it.
        var last = Get(messages.FindLast(message => AsString(Get(message, "role")) is "user"), "content");
        return new DemoRequest
        {
            Model = AsString(Get(body, "model")) ?? "claudy-demo",
            IsStreaming = Get(body, "stream").ValueKind == JsonValueKind.True,
            WantsThinking = AsString(Get(Get(body, "thinking"), "type")) is "enabled" or "adaptive",
            WantsJson = AsString(Get(Get(Get(body, "output_config"), "format"), "type")) is "json_schema",
            Tools = [.. Items(Get(body, "tools")).Select(tool => AsString(Get(tool, "name"))).OfType<string>()],
            WorkingDirectory = FindWorkingDirectory(Get(body, "system")),
            UserText = Texts(last).LastOrDefault(text => !text.StartsWith("<system-reminder>", StringComparison.Ordinal))?.Trim() ?? "",
            ToolResult = FindToolResult(messages, last),
            InputTokens = Tokens(JsonMarshal.GetRawUtf8Value(body).Length),
        };
    }

    public static int Tokens(int bytes) => Math.Max(1, bytes / 4);

    private static string FindWorkingDirectory(JsonElement system) =>
        Texts(system).Select(text => WorkingDirectoryLine().Match(text)).FirstOrDefault(match => match.Success)?.Groups["path"].Value
        ?? "/workspace";

    private static DemoToolResult? FindToolResult(List<JsonElement> messages, JsonElement last)
    {
        var result = Items(last).FindLast(block => AsString(Get(block, "type")) is "tool_result");
        if (result.ValueKind == JsonValueKind.Undefined)
            return null;
        var id = AsString(Get(result, "tool_use_id"));
        var call = messages
            .SelectMany(message => Items(Get(message, "content")))
            .LastOrDefault(block => AsString(Get(block, "type")) is "tool_use" && AsString(Get(block, "id")) == id);
        var input = Get(call, "input");
        return new DemoToolResult(
            AsString(Get(call, "name")) ?? "",
            AsString(Get(input, "file_path")) ?? AsString(Get(input, "command")) ?? "",
            string.Join('\n', Texts(Get(result, "content"))).Trim(),
            Get(result, "is_error").ValueKind == JsonValueKind.True);
    }

    /// <summary>Text where the API takes a string or blocks.</summary>
    private static IEnumerable<string> Texts(JsonElement content) =>
        AsString(content) is { } text ? [text] : Items(content).Select(block => AsString(Get(block, "text"))).OfType<string>();

    private static JsonElement Get(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static List<JsonElement> Items(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [];

    private static string? AsString(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    [GeneratedRegex(@"working directory: (?<path>/[^\r\n]*)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex WorkingDirectoryLine();
}

/// <summary>The outcome of a tool call.</summary>
/// <param name="Tool">Which tool; empty when the call is not in the conversation any more.</param>
/// <param name="Subject">The file or command it was about.</param>
/// <param name="Output">What it said.</param>
/// <param name="IsError">It failed, or was not allowed.</param>
internal sealed record DemoToolResult(string Tool, string Subject, string Output, bool IsError);
