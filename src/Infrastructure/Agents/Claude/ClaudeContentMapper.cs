using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Translates what is said: texts, thinking, tool calls and their results, in pieces and whole.</summary>
/// <param name="turn">Is told how the API fares.</param>
internal sealed class ClaudeContentMapper(ClaudeTurn turn)
{
    private static readonly JsonElement EmptyText = JsonElement.Parse("\"\""u8);
    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);

    private readonly ClaudeBlockTracker _blocks = new();
    private readonly List<string> _abandoned = [];

    internal void MapDelta(in ClaudeDelta delta, ICollection<AgentEvent> events)
    {
        if (delta.Kind == ClaudeDeltaKind.Other || delta.IsEmpty || !_blocks.TryShowDelta(delta.BlockIndex, out var id))
            return;

        events.Add(delta.Kind == ClaudeDeltaKind.Text
            ? new AgentEvent.TextDelta(id, delta.ToUtf8())
            : new AgentEvent.ThinkingDelta(id, delta.ToUtf8()));
    }

    internal void MapStreamEvent(JsonElement message, ICollection<AgentEvent> events)
    {
        if (message.Property("parent_tool_use_id") is not null)
            return; // a subagent's whole blocks follow

        var streamEvent = message.Property("event") ?? default;
        switch (streamEvent.Text("type"))
        {
            case "message_start" when streamEvent.Property("message")?.Text("id") is { } messageId:
                turn.ApiAnswered();
                _blocks.StartMessage(messageId, _abandoned);
                Discard(events);
                break;
            case "content_block_start" when streamEvent.Int("index") is { } index:
                _blocks.StartBlock(index, streamEvent.Property("content_block")?.Text("type") ?? "");
                break;
            case "content_block_delta" when streamEvent.Int("index") is { } index:
                MapDelta(index, streamEvent.Property("delta") ?? default, events);
                break;
            case "content_block_stop" or "message_delta" or "message_stop" or "ping":
                break;
            default:
                events.Add(ClaudeEventMapper.Unknown($"stream_event/{streamEvent.Text("type")}", message));
                break;
        }
    }

    private void MapDelta(int index, JsonElement delta, ICollection<AgentEvent> events)
    {
        if (delta.Text("text") is { Length: > 0 } text && _blocks.TryShowDelta(index, out var textId))
            events.Add(new AgentEvent.TextDelta(textId, Encoding.UTF8.GetBytes(text)));
        else if (delta.Text("thinking") is { Length: > 0 } thinking && _blocks.TryShowDelta(index, out var thinkingId))
            events.Add(new AgentEvent.ThinkingDelta(thinkingId, Encoding.UTF8.GetBytes(thinking)));
    }

    internal void MapAssistant(JsonElement line, ICollection<AgentEvent> events)
    {
        if (line.Property("message") is not { } message || message.Text("id") is not { } messageId)
        {
            events.Add(ClaudeEventMapper.Unknown("assistant", line));
            return;
        }

        if (message.Text("model") == "<synthetic>")
        {
            MapSynthetic(line, message, messageId, events);
            return;
        }

        var parent = line.Text("parent_tool_use_id");
        if (parent is null)
            turn.ApiAnswered();
        foreach (var block in message.Property("content").Items())
        {
            var type = block.Text("type") ?? "untyped";
            var id = _blocks.Complete(messageId, type, isMainThread: parent is null, _abandoned);
            Discard(events);
            switch (type)
            {
                case "text" when block.Text("text") is { Length: > 0 } text:
                    events.Add(new AgentEvent.TextCompleted(id, text, parent));
                    break;
                case "thinking" when block.Text("thinking") is { Length: > 0 } thinking:
                    events.Add(new AgentEvent.ThinkingCompleted(id, thinking, parent));
                    break;
                case "text" or "thinking" or "redacted_thinking":
                    break; // nothing that can be shown
                case "tool_use" or "server_tool_use" when block.Text("id") is { } toolUseId && block.Text("name") is { } name:
                    events.Add(new AgentEvent.ToolUse(toolUseId, name, ObjectOrEmpty(block.Property("input")), parent));
                    break;
                default:
                    events.Add(ClaudeEventMapper.Unknown($"assistant/{type}", block));
                    break;
            }
        }
    }

    /// <summary>The CLI speaks for itself: an API failure, which the turn's result tells, or the output of a slash command.</summary>
    private void MapSynthetic(JsonElement line, JsonElement message, string messageId, ICollection<AgentEvent> events)
    {
        var text = string.Join('\n', message.Property("content").Items().Select(block => block.Text("text")));
        if (line.Property("error") is not null)
            turn.ApiFailed(text);
        else if (text is not ("" or "(no content)"))
            events.Add(new AgentEvent.TextCompleted($"{messageId}.0", text, line.Text("parent_tool_use_id")));
    }

    internal static void MapUser(JsonElement line, ICollection<AgentEvent> events)
    {
        var content = line.Property("message")?.Property("content");
        if (content is { ValueKind: JsonValueKind.String } && ClaudeLocalCommand.OutputOf(content.Value.GetString()!) is { } output)
        {
            events.Add(new AgentEvent.TextCompleted($"{line.Text("uuid") ?? "local"}.0", output, null));
            return;
        }

        // Text here is what was said to Claude: a message sent back, a subagent's prompt, "[Request interrupted by user]".
        foreach (var block in content.Items())
        {
            if (block.Text("type") == "tool_result" && block.Text("tool_use_id") is { } toolUseId)
            {
                events.Add(new AgentEvent.ToolResult(
                    toolUseId,
                    block.Property("content")?.Clone() ?? EmptyText,
                    block.Flag("is_error"),
                    line.Text("parent_tool_use_id")));
            }
        }
    }

    /// <summary>No more deltas will come for what is open.</summary>
    internal void EndTurn() => _blocks.EndTurn();

    private void Discard(ICollection<AgentEvent> events)
    {
        foreach (var id in _abandoned)
            events.Add(new AgentEvent.PartialDiscarded(id));
        _abandoned.Clear();
    }

    private static JsonElement ObjectOrEmpty(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } value ? value.Clone() : EmptyObject;
}
