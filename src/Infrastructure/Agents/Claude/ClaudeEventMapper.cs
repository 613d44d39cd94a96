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
    private readonly ClaudeTurn _turn = new();
    private readonly ClaudeContentMapper _content;
    private readonly Dictionary<string, string> _toolUseByTask = new(StringComparer.Ordinal);

    internal ClaudeEventMapper() => _content = new ClaudeContentMapper(_turn);

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
                _content.MapDelta(delta, events);
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
                _content.MapStreamEvent(message, events);
                return null;
            case "assistant":
                _content.MapAssistant(message, events);
                return null;
            case "user":
                ClaudeContentMapper.MapUser(message, events);
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
        _content.EndTurn();
        events.Add(_turn.End(message));
    }

    private static ClaudeControl.Answer? MapAnswer(JsonElement message)
    {
        if (message.Property("response") is not { } response || response.Text("request_id") is not { } requestId)
            return null; // to nobody

        var error = response.Text("subtype") == "success" ? null : response.Text("error") ?? "It gave no reason.";
        return new ClaudeControl.Answer(requestId, response.Property("response")?.Clone(), error);
    }

    internal static AgentEvent.Unknown Unknown(string type, JsonElement raw) => new(type, raw.Clone());

    private static AgentEvent.Unknown Malformed(ReadOnlySpan<byte> line) =>
        new("malformed", JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(line), ClaudeJson.Default.String));
}
