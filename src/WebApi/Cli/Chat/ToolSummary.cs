using System.Text.Json;

namespace Claudy.WebApi.Cli.Chat;

/// <summary>A tool call, or what came of it, in a line or two.</summary>
internal static class ToolSummary
{
    private const int LineLength = 120;
    private const int ResultLines = 4;

    public static string OfCall(ServerFrame frame)
    {
        var input = frame.Property("input") ?? default;
        var subject = ServerFrame.Text(input, "command") ?? ServerFrame.Text(input, "file_path") ?? ServerFrame.Text(input, "pattern")
            ?? ServerFrame.Text(input, "url") ?? ServerFrame.Text(input, "description") ?? (input.ValueKind == JsonValueKind.Object ? input.ToString() : "");
        return $"* {TerminalText.CleanLine(frame.Text("name") ?? "tool", 60)} {TerminalText.CleanLine(subject, LineLength)}".TrimEnd();
    }

    public static string OfResult(ServerFrame frame)
    {
        var lines = Text(frame.Property("content")).TrimEnd().Split('\n');
        var shown = lines.Take(ResultLines).Select(line => "  " + TerminalText.CleanLine(line, LineLength));
        var rest = lines.Length > ResultLines ? $"\n  ... {lines.Length - ResultLines} more lines" : "";
        return string.Join('\n', shown) + rest;
    }

    private static string Text(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } blocks => string.Join('\n', blocks.EnumerateArray().Select(block => ServerFrame.Text(block, "text") ?? $"[{ServerFrame.Text(block, "type")}]")),
        _ => "",
    };
}
