using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Claudy.WebApi.Protocol;

namespace Claudy.WebApi.Http.Exports;

/// <summary>A session as a page to read: what was said turn by turn, with thinking and tool calls folded, and what it cost.</summary>
internal sealed class MarkdownTranscript(IBufferWriter<byte> output, SessionDetails session, DateTimeOffset now) : ITranscriptWriter
{
    private const int MaxSummary = 100;

    // Not escaped twice: it stands in a block of code.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Calls whose result is still to come: at the most as many as Claude makes at once.
    private readonly Dictionary<string, string> _tools = new(StringComparer.Ordinal);
    private TokenUsage _usage;
    private decimal _cost;
    private long _turns;

    public void Begin()
    {
        var document = session.Document;
        Line($"# {MarkdownText.Inline(document.State.Settings.Name)}");
        Line($"- Session: `{document.Id}`");
        Line($"- Created: {Moment(document.CreatedAt)}");
        Line($"- Exported: {Moment(now)}");
        if (document.State.Settings.Model is { } model)
        {
            Line($"- Model: {MarkdownText.Inline(model)}");
        }

        Line();
    }

    public void Write(StoredEventJson stored) => Write(stored.Decode());

    private void Write(StoredEvent stored)
    {
        switch (stored.Event)
        {
            case TurnStarted e:
                Line($"## Turn {Number(e.TurnId)}, {Moment(stored.At)}\n");
                break;
            case UserMessageAdded e:
                WriteMessage(e.Message, stored.At);
                break;
            case AssistantText e:
                Line($"**{SpeakerOf(e.ParentToolUseId)}**{(e.IsPartial ? " (cut off)" : "")}\n\n{MarkdownText.Contained(e.Text)}");
                break;
            case AssistantThinking e:
                Fold($"{SpeakerOf(e.ParentToolUseId)}'s thinking{(e.IsPartial ? " (cut off)" : "")}", MarkdownText.Fenced(e.Text));
                break;
            case ToolUsed e:
                _tools[e.ToolUseId] = e.Name;
                Fold($"<b>{MarkdownText.Html(e.Name)}</b> {MarkdownText.Html(Summary(e))}", MarkdownText.Fenced(Pretty(e.Input), "json"));
                break;
            case ToolReturned e:
                _tools.Remove(e.ToolUseId, out var tool);
                Fold($"{(e.IsError ? "Error" : "Result")} of <b>{MarkdownText.Html(tool ?? "a tool")}</b>", MarkdownText.Fenced(TextOf(e.Content)));
                break;
            case PermissionResolved e:
                Line($"*Permission: {WireNames.Of(e.Decision)} ({MarkdownText.Inline(e.Reason)})*\n");
                break;
            case SessionErrorRaised e:
                Line($"> **{MarkdownText.Inline(e.Code)}** {MarkdownText.Inline(e.Message)}\n");
                break;
            case BudgetPaused e:
                Line($"*{MarkdownText.Inline(UsageErrors.BudgetSpent(e.Reached).Message)}*\n");
                break;
            case QuotaPaused e:
                Line($"*{MarkdownText.Inline(WorkspaceErrors.QuotaPaused(e.Usage))}*\n");
                break;
            case TurnCompleted e:
                WriteEnd(e);
                break;
        }
    }

    public void End() =>
        Line($"---\n\n**{Number(_turns)} {(_turns == 1 ? "turn" : "turns")}**, {Tokens(_usage)}, {Money(_cost)}");

    private void WriteMessage(ChatMessage message, DateTimeOffset at)
    {
        Line($"**User**, {Moment(at)}\n");
        Line(MarkdownText.Fenced(message.Text));
        foreach (var image in message.Images)
        {
            Line($"*Image: {MarkdownText.Inline(image.MediaType)}, {Number(image.Data.Length)} bytes*\n");
        }
    }

    private void WriteEnd(TurnCompleted turn)
    {
        _turns++;
        _usage += turn.Usage;
        _cost += turn.CostUsd;
        Line(string.Create(
            CultureInfo.InvariantCulture,
            $"*Turn {turn.TurnId}: {MarkdownText.Inline(turn.StopReason)}, {turn.Duration.TotalSeconds:0.0} s, {Tokens(turn.Usage)}, {Money(turn.CostUsd)}*\n"));
    }

    private void Fold(string summary, string body) => Line($"<details>\n<summary>{summary}</summary>\n\n{body}\n</details>\n");

    private void Line(string text = "")
    {
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\n"u8);
    }

    private static string SpeakerOf(string? parentToolUseId) => parentToolUseId is null ? "Claude" : "Subagent";

    // What the search knows of the call is what a reader wants to know of it: the command, the file.
    private static string Summary(ToolUsed tool)
    {
        var telling = SearchableText.Of(tool)?.Text[tool.Name.Length..].Trim() ?? "";
        var line = telling.ReplaceLineEndings(" ");
        if (line.Length <= MaxSummary)
        {
            return line;
        }

        // Not in the middle of a character.
        return $"{line[..(char.IsHighSurrogate(line[MaxSummary - 1]) ? MaxSummary - 1 : MaxSummary)]}…";
    }

    private static string Pretty(JsonElement json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Join('\n', content.EnumerateArray().Select(TextOfBlock)),
        _ => Pretty(content),
    };

    private static string TextOfBlock(JsonElement block)
    {
        if (block.ValueKind != JsonValueKind.Object || !block.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
        {
            return Pretty(block);
        }

        var isText = type.GetString() == "text" && block.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String;
        return isText ? block.GetProperty("text").GetString()! : $"[{type.GetString()}]";
    }

    private static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Tokens(TokenUsage usage) =>
        $"{Number(usage.InputTokens + usage.CacheCreationInputTokens + usage.CacheReadInputTokens)} tokens in, {Number(usage.OutputTokens)} out";

    private static string Money(decimal usd) => $"${usd.ToString("0.0000", CultureInfo.InvariantCulture)}";
}
