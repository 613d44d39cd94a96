using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// Translates the CLI's output, line by line, into events. One per process, since lines refer to lines before them; not
/// thread-safe. Never throws for a line: what cannot be understood becomes <see cref="AgentEvent.Unknown"/>.
/// </summary>
internal sealed class ClaudeEventMapper
{
    private readonly ClaudeBlockTracker _blocks = new();
    private readonly ClaudeTurn _turn = new();
    private readonly Dictionary<string, string> _toolUseByTask = new(StringComparer.Ordinal);
    private readonly List<string> _abandoned = [];

    /// <summary>Translates one line.</summary>
    /// <param name="line">A line of the CLI's standard output, without its end.</param>
    /// <param name="events">Gets what the line says.</param>
    /// <returns>What the line means for the channel to the CLI; mostly null.</returns>
    internal ClaudeControl? Map(ReadOnlySpan<byte> line, ICollection<AgentEvent> events)
    {
        try
        {
            if (ClaudeDelta.TryRead(line, out var delta))
            {
                MapDelta(delta, events);
                return null;
            }

            return MapDocument(WellFormedJson.Mend(line), events);
        }
        catch (JsonException)
        {
            events.Add(Malformed(line));
            return null;
        }
    }

    private void MapDelta(in ClaudeDelta delta, ICollection<AgentEvent> events)
    {
        if (delta.Kind == ClaudeDeltaKind.Other || delta.IsEmpty || !_blocks.TryShowDelta(delta.BlockIndex, out var id))
            return;

        events.Add(delta.Kind == ClaudeDeltaKind.Text
            ? new AgentEvent.TextDelta(id, delta.ToUtf8())
            : new AgentEvent.ThinkingDelta(id, delta.ToUtf8()));
    }

    private ClaudeControl? MapDocument(ReadOnlySpan<byte> line, ICollection<AgentEvent> events)
    {
        var reader = new Utf8JsonReader(line);
        using var document = JsonDocument.ParseValue(ref reader);
        if (reader.Read())
            throw new JsonException("More than one value on a line.");

        var message = document.RootElement;
        switch (message.Text("type"))
        {
            case "stream_event":
                MapStreamEvent(message, events);
                return null;
            case "assistant":
                MapAssistant(message, events);
                return null;
            case "user":
                MapUser(message, events);
                return null;
            case "system":
                return MapSystem(message, events);
            case "result":
                MapResult(message, events);
                return null;
            case "control_response":
                return MapAnswer(message);
            case "control_request":
                return ClaudePermissionPrompt.Map(message, events);
            case "control_cancel_request" when message.Text("request_id") is { } requestId:
                events.Add(new AgentEvent.PermissionWithdrawn(requestId));
                return null;
            case "rate_limit_event" or "keep_alive":
                return null;
            default:
                events.Add(Unknown(message.Text("type") ?? "untyped", message));
                return null;
        }
    }

    private void MapStreamEvent(JsonElement message, ICollection<AgentEvent> events)
    {
        if (message.Property("parent_tool_use_id") is not null)
            return; // a subagent's whole blocks follow

        var streamEvent = message.Property("event") ?? default;
        switch (streamEvent.Text("type"))
        {
            case "message_start" when streamEvent.Property("message")?.Text("id") is { } messageId:
                _turn.ApiAnswered();
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
                events.Add(Unknown($"stream_event/{streamEvent.Text("type")}", message));
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

    private void MapAssistant(JsonElement line, ICollection<AgentEvent> events)
    {
        if (line.Property("message") is not { } message || message.Text("id") is not { } messageId)
        {
            events.Add(Unknown("assistant", line));
            return;
        }

        if (message.Text("model") == "<synthetic>")
        {
            MapSynthetic(line, message, messageId, events);
            return;
        }

        var parent = line.Text("parent_tool_use_id");
        if (parent is null)
            _turn.ApiAnswered();
        foreach (var block in message.Property("content").Items())
        {
            var type = block.Text("type") ?? "untyped";
            var id = _blocks.Complete(messageId, type, isMainThread: parent is null, _abandoned);
            Discard(events);
            switch (type)
            {
                case "text":
                    events.Add(new AgentEvent.TextCompleted(id, block.Text("text") ?? "", parent));
                    break;
                case "thinking":
                    events.Add(new AgentEvent.ThinkingCompleted(id, block.Text("thinking") ?? "", parent));
                    break;
                case "redacted_thinking":
                    break;
                case "tool_use" or "server_tool_use" when block.Text("id") is { } toolUseId && block.Text("name") is { } name:
                    events.Add(new AgentEvent.ToolUse(toolUseId, name, ObjectOrEmpty(block.Property("input")), parent));
                    break;
                default:
                    events.Add(Unknown($"assistant/{type}", block));
                    break;
            }
        }
    }

    /// <summary>The CLI speaks for itself: an API failure, which the turn's result tells, or the output of a slash command.</summary>
    private void MapSynthetic(JsonElement line, JsonElement message, string messageId, ICollection<AgentEvent> events)
    {
        var text = string.Join('\n', message.Property("content").Items().Select(block => block.Text("text")));
        if (line.Property("error") is not null)
            _turn.ApiFailed(text);
        else if (text is not ("" or "(no content)"))
            events.Add(new AgentEvent.TextCompleted($"{messageId}.0", text, line.Text("parent_tool_use_id")));
    }

    private static void MapUser(JsonElement line, ICollection<AgentEvent> events)
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

    private ClaudeControl.CredentialRefused? MapSystem(JsonElement message, ICollection<AgentEvent> events)
    {
        var subtype = message.Text("subtype");
        switch (subtype)
        {
            case "init" when Guid.TryParse(message.Text("session_id"), out var sessionId):
                _turn.Start();
                events.Add(new AgentEvent.TurnStarted(sessionId, message.Text("model"), ClaudePermissionModes.FromName(message.Text("permissionMode"))));
                return null;
            case "status":
                if (ClaudePermissionModes.FromName(message.Text("permissionMode")) is { } mode)
                    events.Add(new AgentEvent.PermissionModeChanged(mode));
                return null;
            case "api_retry":
                return MapRetry(message, events);
            case "task_started" or "task_progress" or "task_updated" or "task_notification" when message.Text("task_id") is { } taskId:
                events.Add(MapTask(subtype, taskId, message));
                return null;

            // Told by another line as well (a tool result, the turn's result), or of no use to anybody who waits for an answer.
            case "permission_denied" or "compact_boundary" or "model_refusal_no_fallback" or "thinking_tokens"
                or "session_state_changed" or "hook_started" or "hook_progress" or "hook_response" or "commands_changed":
                return null;
            default:
                events.Add(Unknown($"system/{subtype}", message));
                return null;
        }
    }

    private ClaudeControl.CredentialRefused? MapRetry(JsonElement message, ICollection<AgentEvent> events)
    {
        var status = message.Int("error_status");
        if (_turn.Retry(status) == ClaudeTurn.AfterRetry.Interrupt)
            return ClaudeControl.CredentialRefused.Instance;

        if (status != ClaudeTurn.Unauthorized)
        {
            var delay = Math.Clamp(message.Double("retry_delay_ms") ?? 0, 0, TimeSpan.FromDays(1).TotalMilliseconds);
            events.Add(new AgentEvent.ApiRetry(
                message.Int("attempt") ?? 0, message.Int("max_retries") ?? 0, TimeSpan.FromMilliseconds(delay), status, message.Text("error")));
        }

        return null;
    }

    private AgentEvent.ToolProgress MapTask(string subtype, string taskId, JsonElement message)
    {
        if (message.Text("tool_use_id") is { } named)
            _toolUseByTask[taskId] = named;
        _toolUseByTask.TryGetValue(taskId, out var toolUseId);
        switch (subtype)
        {
            case "task_notification":
                _toolUseByTask.Remove(taskId);
                return new AgentEvent.ToolProgress(taskId, toolUseId, "ended", message.Text("summary"));
            case "task_updated":
                return new AgentEvent.ToolProgress(taskId, toolUseId, "updated", message.Property("patch")?.Text("status"));
            default:
                return new AgentEvent.ToolProgress(taskId, toolUseId, subtype == "task_started" ? "started" : "progress", message.Text("description"));
        }
    }

    private void MapResult(JsonElement message, ICollection<AgentEvent> events)
    {
        _blocks.EndTurn();
        events.Add(_turn.End(message));
    }

    private static ClaudeControl.Answer? MapAnswer(JsonElement message)
    {
        if (message.Property("response") is not { } response || response.Text("request_id") is not { } requestId)
            return null; // to nobody

        var error = response.Text("subtype") == "success" ? null : response.Text("error") ?? "It gave no reason.";
        return new ClaudeControl.Answer(requestId, response.Property("response")?.Clone(), error);
    }

    private void Discard(ICollection<AgentEvent> events)
    {
        foreach (var id in _abandoned)
            events.Add(new AgentEvent.PartialDiscarded(id));
        _abandoned.Clear();
    }

    private static readonly JsonElement EmptyText = JsonElement.Parse("\"\""u8);
    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);

    private static JsonElement ObjectOrEmpty(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } value ? value.Clone() : EmptyObject;

    private static AgentEvent.Unknown Unknown(string type, JsonElement raw) => new(type, raw.Clone());

    private static AgentEvent.Unknown Malformed(ReadOnlySpan<byte> line) =>
        new("malformed", JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(line), ClaudeJson.Default.String));
}
