using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.Agents.Claude;

namespace Claudy.Integration.Tests.Agents;

/// <summary>A recording of the real CLI.</summary>
internal static class Transcript
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Agents", "Transcripts");

    /// <summary>All recordings, such as <c>2.1.197/01-basic</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.EnumerateFiles(Folder, "*.ndjson", SearchOption.AllDirectories)
            .Select(path => Path.ChangeExtension(Path.GetRelativePath(Folder, path), null))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>What the CLI printed, each line as it was: compact, in the order of its properties.</summary>
    public static IReadOnlyList<byte[]> Output(string name)
    {
        var lines = new List<byte[]>();
        foreach (var record in File.ReadLines(Path.Combine(Folder, name + ".ndjson")))
        {
            using var document = JsonDocument.Parse(record);
            if (document.RootElement.GetProperty("dir").ValueEquals("out") && document.RootElement.TryGetProperty("msg", out var message))
                lines.Add(Compact(message));
        }

        return lines;
    }

    /// <summary>What the mapper makes of it.</summary>
    public static Replayed Recording(string name) => Replay(Output(name));

    public static Replayed Replay(IEnumerable<byte[]> lines)
    {
        var mapper = new ClaudeEventMapper();
        var events = new List<AgentEvent>();
        var controls = new List<ClaudeControl>();
        foreach (var line in lines)
        {
            if (mapper.Map(line, events) is { } control)
                controls.Add(control);
        }

        return new Replayed(events, controls);
    }

    public static Replayed Replay(params IEnumerable<string> lines) => Replay(lines.Select(Encoding.UTF8.GetBytes));

    private static byte[] Compact(JsonElement message)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            message.WriteTo(writer);
        return buffer.ToArray();
    }
}

/// <summary>What came out of a replay.</summary>
internal sealed record Replayed(IReadOnlyList<AgentEvent> Events, IReadOnlyList<ClaudeControl> Controls)
{
    public IReadOnlyList<T> Of<T>() => [.. Events.OfType<T>()];

    /// <summary>The events in short, for comparison with what is expected; deltas of one block are joined.</summary>
    public IReadOnlyList<string> InShort()
    {
        var lines = new List<string>();
        string? open = null;
        foreach (var e in Events)
        {
            var (key, line) = Describe(e);
            if (key is not null && key == open)
                lines[^1] += line;
            else
                lines.Add(key is null ? line : $"{key}: {line}");
            open = key;
        }

        return lines;
    }

    private static (string? Key, string Line) Describe(AgentEvent e) => e switch
    {
        AgentEvent.TextDelta d => ($"text {d.MessageId}", Encoding.UTF8.GetString(d.Utf8.Span)),
        AgentEvent.ThinkingDelta d => ($"thinking {d.MessageId}", Encoding.UTF8.GetString(d.Utf8.Span)),
        AgentEvent.TextCompleted t => (null, $"whole text {t.MessageId}{Under(t.ParentToolUseId)}: {t.Text}"),
        AgentEvent.ThinkingCompleted t => (null, $"whole thinking {t.MessageId}{Under(t.ParentToolUseId)}: {t.Text}"),
        AgentEvent.PartialDiscarded d => (null, $"discard {d.MessageId}"),
        AgentEvent.ToolUse t => (null, $"tool {t.ToolUseId} {t.Name}{Under(t.ParentToolUseId)}"),
        AgentEvent.ToolResult r => (null, $"result {r.ToolUseId}{(r.IsError ? " error" : "")}{Under(r.ParentToolUseId)}"),
        AgentEvent.ToolProgress p => (null, $"progress {p.ToolUseId} {p.State}: {p.Description}"),
        AgentEvent.PermissionRequest p => (null, $"ask {p.ToolName} {p.ToolUseId} [{string.Join(' ', p.SuggestedRules)}] {p.SuggestedMode}".TrimEnd()),
        AgentEvent.PermissionWithdrawn => (null, "withdrawn"),
        AgentEvent.TurnStarted t => (null, $"turn {t.Model} {t.PermissionMode}"),
        AgentEvent.TurnEnded t => (null, $"end {t.Outcome} {t.StopReason} in={t.Usage.InputTokens} out={t.Usage.OutputTokens} ${t.CostUsd:0.#####} {t.ApiStatus} {t.ErrorMessage}".TrimEnd()),
        AgentEvent.ApiRetry r => (null, $"retry {r.Attempt}/{r.MaxAttempts} {r.ApiStatus} {r.Error}"),
        AgentEvent.PermissionModeChanged m => (null, $"mode {m.Mode}"),
        AgentEvent.Unknown u => (null, $"unknown {u.Type}"),
        _ => (null, e.ToString()),
    };

    private static string Under(string? parent) => parent is null ? "" : $" under {parent}";
}
