using System.Text.Json;
using System.Text.Json.Serialization;
using Claudy.Application.Credentials;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;

namespace Claudy.WebApi.Protocol;

// The type's own fields of each answer; absent ones are left out on the wire.

/// <summary>Fields of <c>auth_success</c>.</summary>
internal sealed record AuthSuccessData(
    string UserId, string Username, string ConnectionId, string Protocol, WireTime? ExpiresAt, ConnectionLimitsData Limits);

/// <summary>What a connection may do.</summary>
/// <param name="MaxFrameBytes">The largest frame from a client.</param>
/// <param name="FramesPerSecond">How many frames are taken in the long run.</param>
/// <param name="FrameBurst">How many are taken at once after a rest.</param>
internal sealed record ConnectionLimitsData(int MaxFrameBytes, double FramesPerSecond, int FrameBurst);

/// <summary>A frame without fields.</summary>
internal sealed record EmptyData
{
    public static readonly EmptyData Instance = new();
}

/// <summary>Fields of <c>session_created</c>.</summary>
internal sealed record SessionCreatedData(string SessionId, string Status, string Name, string WorkspacePath, WireTime CreatedAt)
{
    /// <summary>Those of a session that is in this status by now.</summary>
    public static SessionCreatedData Of(CreatedSession session, SessionStatus status) =>
        new(session.Id.ToString(), WireNames.Of(status), session.Name, WireNames.WorkspacePath, session.CreatedAt);

    /// <summary>The session that it was forked from; none for one that began empty.</summary>
    public string? ForkedFrom { get; init; }

    /// <summary>The last event of that session that is in it.</summary>
    public long? ForkedAtSeq { get; init; }

    /// <summary>How many names in that session's workspace were not copied.</summary>
    public long? SkippedFiles { get; init; }
}

/// <summary>Fields of <c>session_list</c>.</summary>
internal sealed record SessionListData(IReadOnlyList<SessionSummaryData> Sessions, string? NextCursor);

/// <summary>One session of a list.</summary>
internal sealed record SessionSummaryData(
    string SessionId,
    string Name,
    string Status,
    string? Model,
    string PermissionMode,
    WireTime CreatedAt,
    WireTime LastActivityAt,
    long LastSeq,
    long TurnCount,
    int QueueLength,
    int PendingPermissions,
    UsageData Usage,
    decimal CostUsd);

/// <summary>Tokens, as the API counts them.</summary>
internal sealed record UsageData(long InputTokens, long OutputTokens, long CacheCreationInputTokens, long CacheReadInputTokens);

/// <summary>Fields of <c>session_attached</c>.</summary>
/// <param name="Status">What the session is doing.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Model">The model; none for the default.</param>
/// <param name="PermissionMode">What Claude may do without asking.</param>
/// <param name="Network">What of the network it may reach.</param>
/// <param name="WorkspacePath">The workspace as Claude sees it.</param>
/// <param name="LastSeq">The session's last event.</param>
/// <param name="ReplayFrom">The first event that follows; last_seq + 1 when none was missed.</param>
/// <param name="InFlight">Texts that are being written, so far.</param>
/// <param name="PendingPermissions">Tool calls that wait for a human.</param>
/// <param name="Queue">Messages that wait for their turn, in order.</param>
/// <param name="ConfigurationReview">What the workspace's own files would configure; none when nothing.</param>
/// <param name="BudgetPaused">The hard budget that it waits for; none when there is money.</param>
/// <param name="QuotaPaused">How far the workspace is over its limit; none when there is room.</param>
internal sealed record SessionAttachedData(
    string Status,
    string Name,
    string? Model,
    string PermissionMode,
    NetworkData Network,
    string WorkspacePath,
    long LastSeq,
    long ReplayFrom,
    IReadOnlyList<InFlightData> InFlight,
    IReadOnlyList<PermissionRequest> PendingPermissions,
    IReadOnlyList<QueuedMessageData> Queue,
    ConfigurationReview? ConfigurationReview = null,
    BudgetPauseData? BudgetPaused = null,
    QuotaData? QuotaPaused = null);

/// <summary>A text that is being written.</summary>
/// <param name="Type">claude_response or claude_thinking.</param>
/// <param name="MessageId">The id its deltas carry.</param>
/// <param name="Content">All of it so far.</param>
/// <param name="NextChunkIndex">The chunk_index of the next delta.</param>
internal sealed record InFlightData(string Type, string MessageId, string Content, int NextChunkIndex);

/// <summary>A message that waits for its turn.</summary>
internal sealed record QueuedMessageData(string MessageId, string? ClientId, string Content, int Position);

/// <summary>Fields of the answer <c>session_history</c>.</summary>
/// <param name="Events">Whole event frames, in ascending order.</param>
/// <param name="FirstSeq">The first one's seq; none when there are no events.</param>
/// <param name="HasMore">Whether there are older ones.</param>
internal sealed record SessionHistoryData(IReadOnlyList<RawFrame> Events, long? FirstSeq, bool HasMore);

/// <summary>Fields of the answer <c>session_status</c>.</summary>
internal sealed record SessionStatusData(string Status, long LastSeq);

/// <summary>Fields of <c>search_results</c>.</summary>
/// <param name="Results">The newest first.</param>
/// <param name="NextCursor">For the next page; none when this was the last.</param>
internal sealed record SearchResultsData(IReadOnlyList<SearchResultData> Results, string? NextCursor);

/// <summary>An event that was found.</summary>
/// <param name="SessionId">In which session.</param>
/// <param name="SessionName">Its name for people.</param>
/// <param name="Seq">The event's place in it.</param>
/// <param name="Type">The event's frame type.</param>
/// <param name="At">When it was recorded.</param>
/// <param name="Snippet">A piece of its text, in parts.</param>
internal sealed record SearchResultData(string SessionId, string SessionName, long Seq, string Type, WireTime At, IReadOnlyList<SnippetPartData> Snippet);

/// <summary>A piece of a snippet.</summary>
/// <param name="Text">Some text.</param>
/// <param name="Match">Whether it is what was looked for.</param>
internal sealed record SnippetPartData(string Text, bool Match);

/// <summary>Fields of <c>chat_accepted</c>.</summary>
/// <param name="MessageId">Claudy's id for the message.</param>
/// <param name="Position">0 when its turn began, else its place in the queue.</param>
internal sealed record ChatAcceptedData(string MessageId, int Position);

/// <summary>Fields of the answer <c>queue_changed</c>.</summary>
internal sealed record QueueChangedData(string Change, string MessageId);

/// <summary>Fields of the answer <c>permission_resolved</c>.</summary>
internal sealed record PermissionResolvedData(string RequestId, string Decision, string Reason);

/// <summary>Fields of the answer <c>permission_rules</c>.</summary>
/// <param name="Session">The session's; none when there is no session.</param>
/// <param name="User">The user's, for all sessions.</param>
internal sealed record PermissionRulesData(IReadOnlyList<RuleData>? Session, IReadOnlyList<RuleData> User);

/// <summary>A rule.</summary>
/// <param name="Rule">In Claude Code's form.</param>
/// <param name="Effect">allow or deny.</param>
/// <param name="Fixed">true for one that the session was created with, which cannot be changed.</param>
internal sealed record RuleData(string Rule, string Effect, bool? Fixed = null);

/// <summary>Fields of the answer <c>configuration_reviewed</c>.</summary>
internal sealed record ConfigurationReviewedData(string Digest, string Decision);

/// <summary>Fields of <c>context_usage</c>.</summary>
internal sealed record ContextUsageData(
    string? Model, long TotalTokens, long MaxTokens, double Percentage, long? AutoCompactTokens, IReadOnlyList<ContextCategory> Categories);

/// <summary>Fields of <c>slash_commands</c>.</summary>
internal sealed record SlashCommandsData(IReadOnlyList<SlashCommand> Commands);

/// <summary>Fields of <c>mcp_status</c>.</summary>
internal sealed record McpStatusData(IReadOnlyList<McpServerStatus> Servers);

/// <summary>Fields of <c>token_status</c>.</summary>
/// <param name="Valid">Whether the API takes the key or token.</param>
/// <param name="Kind">What it was taken for.</param>
/// <param name="Code">Why not: the code of that error.</param>
/// <param name="Reason">Why not, for the user, with the API's words.</param>
internal sealed record TokenStatusData(bool Valid, string Kind, string? Code, string? Reason)
{
    public static TokenStatusData Of(KeyStatus status) => new(status.IsValid, WireNames.Of(status.Kind), status.Refusal?.Code, status.Refusal?.Message);
}

/// <summary>Fields of <c>token_info</c>.</summary>
/// <param name="Session">Of the session's own; none where no session is asked about.</param>
/// <param name="User">Of the one for all of the user's sessions.</param>
internal sealed record TokenInfoData(TokenDescription? Session, TokenDescription User);

/// <summary>What is told of a key or token that is kept.</summary>
/// <param name="Exists">Whether there is one.</param>
/// <param name="Kind">What it is.</param>
/// <param name="LastFour">Its last four characters, unless it is short.</param>
/// <param name="Remembered">Whether it is stored and outlives the server.</param>
/// <param name="GivenAt">When it was given.</param>
/// <param name="Code">Why it cannot be used: the code of that error.</param>
/// <param name="Reason">The same for the user.</param>
internal sealed record TokenDescription(
    bool Exists, string? Kind, string? LastFour, bool? Remembered, WireTime? GivenAt, string? Code, string? Reason)
{
    public static TokenDescription Of(KeyDescription key) => new(
        key.Exists,
        key.Kind is { } kind ? WireNames.Of(kind) : null,
        key.LastFour,
        key.IsStored,
        key.GivenAt is { } at ? new WireTime(at) : null,
        key.Problem?.Code,
        key.Problem?.Message);
}

/// <summary>Fields of <c>file_uploaded</c>.</summary>
internal sealed record FileUploadedData(string Filename, string Path, long Size, string Sha256, bool Created);

/// <summary>Fields of the answer <c>file_list</c>.</summary>
internal sealed record FileListData(IReadOnlyList<FileEntryData> Files, string WorkspacePath, string? NextCursor);

/// <summary>One name in a folder.</summary>
internal sealed record FileEntryData(string Name, string Path, long Size, bool IsDirectory, WireTime Modified, string Type);

/// <summary>Fields of <c>file_content</c>.</summary>
/// <param name="Filename">Which file.</param>
/// <param name="Content">The bytes asked for, in <paramref name="Encoding"/>.</param>
/// <param name="Encoding">utf-8 or base64.</param>
/// <param name="Size">The whole file's size in bytes.</param>
/// <param name="Offset">Where they begin.</param>
/// <param name="Sha256">Of the bytes in this frame.</param>
internal sealed record FileContentData(string Filename, FileText Content, string Encoding, long Size, long Offset, string Sha256);

/// <summary>Fields of <c>workspace_info</c>.</summary>
internal sealed record WorkspaceInfoData(string WorkspacePath, long SizeBytes, double SizeMb, double MaxSizeMb, long FileCount, long MaxFiles);

/// <summary>Fields of <c>error</c>.</summary>
internal sealed record ErrorData(string Code, string Reason, bool Retryable, IReadOnlyDictionary<string, object>? Details);

/// <summary>A moment, written in UTC with milliseconds.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct WireTime(DateTimeOffset At)
{
    public static implicit operator WireTime(DateTimeOffset at) => new(at);

    internal sealed class Converter : JsonConverter<WireTime>
    {
        public override WireTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, WireTime value, JsonSerializerOptions options) =>
            writer.WriteStringValue(WireTimestamp.Of(value.At));
    }
}

/// <summary>A frame that was written before, inside of another one.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct RawFrame(ReadOnlyMemory<byte> Utf8)
{
    internal sealed class Converter : JsonConverter<RawFrame>
    {
        public override RawFrame Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, RawFrame value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}

/// <summary>A file's bytes, as text or as base64.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct FileText(ReadOnlyMemory<byte> Bytes, bool IsBase64)
{
    internal sealed class Converter : JsonConverter<FileText>
    {
        public override FileText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, FileText value, JsonSerializerOptions options)
        {
            if (value.IsBase64)
            {
                writer.WriteBase64StringValue(value.Bytes.Span);
            }
            else
            {
                writer.WriteStringValue(value.Bytes.Span);
            }
        }
    }
}

/// <summary>Writes a permission request as its own event has it.</summary>
internal sealed class PermissionRequestConverter : JsonConverter<PermissionRequest>
{
    public override PermissionRequest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, PermissionRequest value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        EventData.Write(writer, value);
        writer.WriteEndObject();
    }
}

/// <summary>Writes a configuration as its own event has it, with the decision where there is one.</summary>
internal sealed class ConfigurationReviewConverter : JsonConverter<ConfigurationReview>
{
    public override ConfigurationReview Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, ConfigurationReview value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        ConfigurationData.Write(writer, value.Found);
        if (value.Decision is { } decision)
        {
            writer.WriteString("decision"u8, WireNames.Of(decision));
        }

        writer.WriteEndObject();
    }
}
