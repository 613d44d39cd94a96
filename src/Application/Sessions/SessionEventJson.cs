using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Workspaces;

namespace Claudy.Application.Sessions;

/// <summary>
/// The form in which sessions are stored: UTF-8 JSON, names in snake case, each event led by its <c>type</c>.
/// </summary>
/// <remarks>
/// What was written once must be readable for good: a type's name and its fields' names never change. A field that is added
/// later is null, zero or false in all that was stored before it, whatever its initializer says (source-generated readers set
/// every <c>init</c> property): a new list must be nullable. This is not what clients see; the protocol has its own form.
/// </remarks>
public static class SessionEventJson
{
    private static readonly JsonDerivedType[] EventTypes =
    [
        new(typeof(SessionCreated), "session_created"),
        new(typeof(StatusChanged), "status_changed"),
        new(typeof(SettingsChanged), "settings_changed"),
        new(typeof(QueueChanged), "queue_changed"),
        new(typeof(UserMessageAdded), "user_message_added"),
        new(typeof(TurnStarted), "turn_started"),
        new(typeof(AssistantText), "assistant_text"),
        new(typeof(AssistantThinking), "assistant_thinking"),
        new(typeof(ToolUsed), "tool_used"),
        new(typeof(ToolReturned), "tool_returned"),
        new(typeof(PermissionRequested), "permission_requested"),
        new(typeof(PermissionResolved), "permission_resolved"),
        new(typeof(TurnSuspended), "turn_suspended"),
        new(typeof(TurnResumed), "turn_resumed"),
        new(typeof(PermissionRulesChanged), "permission_rules_changed"),
        new(typeof(TurnCompleted), "turn_completed"),
        new(typeof(SessionErrorRaised), "error_raised"),
        new(typeof(AgentNotice), "agent_notice"),
        new(typeof(AgentSessionChanged), "agent_session_changed"),
        new(typeof(ConfigurationReviewRequested), "configuration_review_requested"),
        new(typeof(ConfigurationReviewed), "configuration_reviewed"),
        new(typeof(ConversationRewound), "conversation_rewound"),
        new(typeof(BudgetPaused), "budget_paused"),
        new(typeof(BudgetResumed), "budget_resumed"),
        new(typeof(BudgetWarned), "budget_warned"),
        new(typeof(QuotaPaused), "quota_paused"),
        new(typeof(QuotaResumed), "quota_resumed"),
        new(typeof(FilesChanged), "files_changed"),
        new(typeof(RepositoryCloned), "repository_cloned"),
    ];

    private static readonly JsonSerializerOptions Options = CreateOptions();

    private static readonly JsonTypeInfo<SessionEvent> EventInfo = (JsonTypeInfo<SessionEvent>)Options.GetTypeInfo(typeof(SessionEvent));

    private static readonly JsonTypeInfo<SessionState> StateInfo = (JsonTypeInfo<SessionState>)Options.GetTypeInfo(typeof(SessionState));

    /// <summary>An event, to be stored.</summary>
    public static byte[] EncodeEvent(SessionEvent sessionEvent) => JsonSerializer.SerializeToUtf8Bytes(sessionEvent, EventInfo);

    /// <summary>A snapshot of a session, to be stored.</summary>
    public static byte[] EncodeState(SessionState state) => JsonSerializer.SerializeToUtf8Bytes(state, StateInfo);

    /// <summary>An event that was stored.</summary>
    /// <exception cref="StoredFormatException">It is damaged, or of a type that this version does not know.</exception>
    public static SessionEvent DecodeEvent(ReadOnlySpan<byte> utf8) => Decode(utf8, EventInfo, "event");

    /// <summary>A snapshot that was stored.</summary>
    /// <exception cref="StoredFormatException">It is damaged.</exception>
    public static SessionState DecodeState(ReadOnlySpan<byte> utf8) => Decode(utf8, StateInfo, "snapshot");

    private static T Decode<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> info, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, info) ?? throw new StoredFormatException($"A stored {what} is null.", null);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new StoredFormatException($"A stored {what} cannot be read; it is damaged, or a newer version of Claudy wrote it. {e.Message}", e);
        }
    }

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(SessionJsonContext.Default.Options)
        {
            // Never put into HTML; the strict encoder would triple the size of text that is not ASCII.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = SessionJsonContext.Default.WithAddedModifier(NameEventTypes),
        };
        options.MakeReadOnly();
        return options;
    }

    private static void NameEventTypes(JsonTypeInfo info)
    {
        if (info.Type == typeof(SessionEvent))
        {
            info.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "type" };
            foreach (var type in EventTypes)
            {
                info.PolymorphismOptions.DerivedTypes.Add(type);
            }
        }
        else if (info.Type == typeof(AgentNotice))
        {
            info.Properties.Single(p => p.Name == "type").Name = "agent_type";
        }
    }
}

/// <summary>Something stored is not in the form that this version reads.</summary>
public sealed class StoredFormatException(string message, Exception? inner) : Exception(message, inner);

internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(SnakeCaseEnum<SessionStatus>),
        typeof(SnakeCaseEnum<PermissionMode>),
        typeof(SnakeCaseEnum<PermissionDecision>),
        typeof(SnakeCaseEnum<QueueChange>),
        typeof(SnakeCaseEnum<NetworkMode>),
        typeof(SnakeCaseEnum<ConfigurationDecision>),
        typeof(SnakeCaseEnum<McpTransport>),
        typeof(SnakeCaseEnum<BudgetScope>),
        typeof(SnakeCaseEnum<FileChange>),
    ])]
[JsonSerializable(typeof(SessionEvent))]
[JsonSerializable(typeof(SessionCreated))]
[JsonSerializable(typeof(StatusChanged))]
[JsonSerializable(typeof(SettingsChanged))]
[JsonSerializable(typeof(QueueChanged))]
[JsonSerializable(typeof(UserMessageAdded))]
[JsonSerializable(typeof(TurnStarted))]
[JsonSerializable(typeof(AssistantText))]
[JsonSerializable(typeof(AssistantThinking))]
[JsonSerializable(typeof(ToolUsed))]
[JsonSerializable(typeof(ToolReturned))]
[JsonSerializable(typeof(PermissionRequested))]
[JsonSerializable(typeof(PermissionResolved))]
[JsonSerializable(typeof(TurnSuspended))]
[JsonSerializable(typeof(TurnResumed))]
[JsonSerializable(typeof(PermissionRulesChanged))]
[JsonSerializable(typeof(TurnCompleted))]
[JsonSerializable(typeof(SessionErrorRaised))]
[JsonSerializable(typeof(AgentNotice))]
[JsonSerializable(typeof(AgentSessionChanged))]
[JsonSerializable(typeof(ConfigurationReviewRequested))]
[JsonSerializable(typeof(ConfigurationReviewed))]
[JsonSerializable(typeof(ConversationRewound))]
[JsonSerializable(typeof(BudgetPaused))]
[JsonSerializable(typeof(BudgetResumed))]
[JsonSerializable(typeof(BudgetWarned))]
[JsonSerializable(typeof(QuotaPaused))]
[JsonSerializable(typeof(QuotaResumed))]
[JsonSerializable(typeof(FilesChanged))]
[JsonSerializable(typeof(RepositoryCloned))]
[JsonSerializable(typeof(SessionState))]
internal sealed partial class SessionJsonContext : JsonSerializerContext;
