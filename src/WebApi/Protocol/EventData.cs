using System.Text.Json;
using Claudy.Domain.Sessions;

namespace Claudy.WebApi.Protocol;

/// <summary>Writes the own fields of each durable event into the open <c>data</c> object.</summary>
internal static class EventData
{
    public static void Write(Utf8JsonWriter writer, SessionEvent sessionEvent)
    {
        switch (sessionEvent)
        {
            case SessionCreated e:
                Write(writer, e.Settings, isInitial: true);
                if (e.ForkedFrom is { } origin)
                {
                    writer.WriteString("forked_from"u8, origin.SessionId);
                    writer.WriteNumber("forked_at_seq"u8, origin.Seq);
                }

                break;
            case SettingsChanged e:
                Write(writer, e.Settings, isInitial: false);
                break;
            case StatusChanged e:
                writer.WriteString("status"u8, WireNames.Of(e.Status));
                WriteOptional(writer, "reason"u8, e.Reason);
                break;
            case QueueChanged e:
                writer.WriteString("change"u8, WireNames.Of(e.Change));
                writer.WriteString("message_id"u8, e.MessageId);
                WriteOptional(writer, "client_id"u8, e.Message?.ClientId);
                break;
            case UserMessageAdded e:
                Write(writer, e.Message);
                break;
            case TurnStarted e:
                writer.WriteNumber("turn_id"u8, e.TurnId);
                WriteOptional(writer, "message_id"u8, e.MessageId);
                break;
            case AssistantText e:
                WriteComplete(writer, e.MessageId, e.IsPartial, e.ParentToolUseId);
                break;
            case AssistantThinking e:
                WriteComplete(writer, e.MessageId, e.IsPartial, e.ParentToolUseId);
                break;
            case ToolUsed e:
                writer.WriteString("tool_use_id"u8, e.ToolUseId);
                writer.WriteString("name"u8, e.Name);
                WriteJson(writer, "input"u8, e.Input);
                WriteOptional(writer, "parent_tool_use_id"u8, e.ParentToolUseId);
                break;
            case ToolReturned e:
                writer.WriteString("tool_use_id"u8, e.ToolUseId);
                WriteJson(writer, "content"u8, e.Content);
                writer.WriteBoolean("is_error"u8, e.IsError);
                WriteOptional(writer, "parent_tool_use_id"u8, e.ParentToolUseId);
                break;
            case PermissionRequested e:
                Write(writer, e.Request);
                break;
            case PermissionResolved e:
                writer.WriteString("request_id"u8, e.RequestId);
                writer.WriteString("decision"u8, WireNames.Of(e.Decision));
                writer.WriteString("reason"u8, e.Reason);
                WriteOptional(writer, "message"u8, e.Message);
                WriteStrings(writer, "remembered_rules"u8, e.RememberedRules);
                if (e.UpdatedInput is { } updated)
                {
                    WriteJson(writer, "updated_input"u8, updated);
                }

                Write(writer, e);
                break;
            case PermissionRulesChanged e:
                WriteStrings(writer, "allowed"u8, e.Allowed);
                WriteStrings(writer, "denied"u8, e.Denied);
                break;
            case TurnSuspended e:
                writer.WriteNumber("turn_id"u8, e.TurnId);
                writer.WriteString("reason"u8, e.Reason);
                break;
            case TurnResumed e:
                writer.WriteNumber("turn_id"u8, e.TurnId);
                break;
            case TurnCompleted e:
                Write(writer, e);
                break;
            case SessionErrorRaised e:
                writer.WriteString("code"u8, e.Code);
                writer.WriteString("reason"u8, e.Reason);
                writer.WriteBoolean("retryable"u8, e.Retryable);
                break;
            case AgentSessionChanged e:
                WriteOptional(writer, "agent_session_id"u8, e.AgentSessionId?.ToString());
                if (e.Rebuilt is { } rebuilt)
                {
                    writer.WriteBoolean("rebuilt"u8, true);
                    writer.WriteNumber("turn_count"u8, rebuilt.TurnCount);
                    writer.WriteBoolean("is_shortened"u8, rebuilt.IsShortened);
                }

                break;
            case ConversationRewound e:
                Write(writer, e);
                break;
            case ConfigurationReviewRequested e:
                ConfigurationData.Write(writer, e.Configuration);
                break;
            case ConfigurationReviewed e:
                writer.WriteString("digest"u8, e.Digest);
                writer.WriteString("decision"u8, WireNames.Of(e.Decision));
                break;
            case BudgetPaused e:
                WireUsage.Write(writer, e.Reached);
                break;
            case BudgetWarned e:
                WireUsage.Write(writer, e.Reached);
                break;
            case BudgetResumed e:
                WireUsage.Write(writer, e.Scope);
                break;
            case QuotaPaused e:
                WorkspaceData.Write(writer, e.Usage);
                break;
            case QuotaResumed e:
                WorkspaceData.Write(writer, e.Usage);
                break;
            case FilesChanged e:
                WorkspaceData.Write(writer, e);
                break;
            case RepositoryCloned e:
                writer.WriteString("url"u8, e.Url);
                WriteOptional(writer, "ref"u8, e.Ref);
                writer.WriteString("commit"u8, e.Commit);
                break;
            case AgentNotice e:
                writer.WriteString("notice"u8, e.Type);
                WriteJson(writer, "raw"u8, e.Raw);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(sessionEvent), sessionEvent.GetType(), "Every event has fields.");
        }
    }

    /// <summary>Writes a permission request; also within <c>session_attached</c>.</summary>
    public static void Write(Utf8JsonWriter writer, PermissionRequest request)
    {
        writer.WriteString("request_id"u8, request.Id);
        writer.WriteString("tool_name"u8, request.ToolName);
        WriteJson(writer, "input"u8, request.Input);
        WriteOptional(writer, "description"u8, request.Description);
        WriteOptional(writer, "tool_use_id"u8, request.ToolUseId);
        WriteOptional(writer, "blocked_path"u8, request.BlockedPath);
        WriteStrings(writer, "suggested_rules"u8, request.SuggestedRules);
        WriteOptional(writer, "suggested_mode"u8, request.SuggestedMode is { } mode ? WireNames.Of(mode) : null);
        writer.WriteString("expires_at"u8, WireTimestamp.Of(request.ExpiresAt));
    }

    private static void Write(Utf8JsonWriter writer, PermissionResolved resolved)
    {
        if (resolved.RememberedRules.Count > 0)
        {
            writer.WriteString("remembered_for"u8, resolved.RememberedForUser ? "user" : "session");
        }

        WriteOptional(writer, "tool_use_id"u8, resolved.ToolUseId);
        if (resolved.Rules is { } rules)
        {
            WriteStrings(writer, "rules"u8, rules);
        }
    }

    private static void Write(Utf8JsonWriter writer, SessionSettings settings, bool isInitial)
    {
        writer.WriteString("name"u8, settings.Name);
        WriteOptional(writer, "model"u8, settings.Model);
        writer.WriteString("permission_mode"u8, WireNames.Of(settings.PermissionMode));
        WriteOptional(writer, "append_system_prompt"u8, settings.AppendSystemPrompt);
        WriteStrings(writer, "allowed_tools"u8, settings.AllowedTools);
        WriteStrings(writer, "disallowed_tools"u8, settings.DisallowedTools);
        if (settings.MaxThinkingTokens is { } thinking)
        {
            writer.WriteNumber("max_thinking_tokens"u8, thinking);
        }

        if (settings.Budget is { } budget)
        {
            writer.WriteStartObject("budget"u8);
            WireUsage.Write(writer, budget);
            writer.WriteEndObject();
        }

        if (settings.McpServers is { } servers)
        {
            WriteStrings(writer, "mcp_servers"u8, servers);
        }

        writer.WriteStartObject("network"u8);
        var network = NetworkData.Of(settings.Network);
        writer.WriteString("mode"u8, network.Mode);
        if (network.Hosts is { } hosts)
        {
            WriteStrings(writer, "hosts"u8, hosts);
        }

        writer.WriteEndObject();
        writer.WriteBoolean("is_initial"u8, isInitial);
    }

    private static void Write(Utf8JsonWriter writer, ChatMessage message)
    {
        writer.WriteString("message_id"u8, message.Id);
        WriteOptional(writer, "client_id"u8, message.ClientId);
        if (message.Images.Count == 0)
        {
            return;
        }

        // Not the bytes: whoever attaches would get megabytes again and again.
        writer.WriteStartArray("images"u8);
        foreach (var image in message.Images)
        {
            writer.WriteStartObject();
            writer.WriteString("media_type"u8, image.MediaType);
            writer.WriteNumber("size"u8, image.Data.Length);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteComplete(Utf8JsonWriter writer, string messageId, bool isPartial, string? parentToolUseId)
    {
        writer.WriteString("message_id"u8, messageId);
        writer.WriteBoolean("is_complete"u8, true);
        if (isPartial)
        {
            writer.WriteBoolean("is_partial"u8, true);
        }

        WriteOptional(writer, "parent_tool_use_id"u8, parentToolUseId);
    }

    private static void Write(Utf8JsonWriter writer, TurnCompleted turn)
    {
        writer.WriteNumber("turn_id"u8, turn.TurnId);
        writer.WriteString("stop_reason"u8, turn.StopReason);
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, turn.Usage.InputTokens);
        writer.WriteNumber("output_tokens"u8, turn.Usage.OutputTokens);
        writer.WriteNumber("cache_creation_input_tokens"u8, turn.Usage.CacheCreationInputTokens);
        writer.WriteNumber("cache_read_input_tokens"u8, turn.Usage.CacheReadInputTokens);
        writer.WriteEndObject();
        writer.WriteNumber("cost_usd"u8, turn.CostUsd);
        writer.WriteNumber("duration_ms"u8, (long)turn.Duration.TotalMilliseconds);
    }

    private static void Write(Utf8JsonWriter writer, ConversationRewound rewound)
    {
        writer.WriteNumber("turn_id"u8, rewound.TurnId);
        writer.WriteNumber("from_seq"u8, rewound.FromSeq);
        writer.WriteString("files"u8, rewound.FilesRestored ? "restored"u8 : "left"u8);
        if (rewound.ChangedFiles is { } files)
        {
            WriteStrings(writer, "changed_files"u8, files);
        }

        WriteOptional(writer, "files_reason"u8, rewound.FilesReason);
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteStrings(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void WriteJson(Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement value)
    {
        writer.WritePropertyName(name);
        value.WriteTo(writer);
    }
}
