using System.Text.Json.Serialization;

namespace Claudy.WebApi.Protocol;

/// <summary>The wire types, with their readers and writers made at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(PermissionRequestConverter), typeof(ConfigurationReviewConverter)])]
[JsonSerializable(typeof(CreateSessionData))]
[JsonSerializable(typeof(ListSessionsData))]
[JsonSerializable(typeof(AttachSessionData))]
[JsonSerializable(typeof(SessionHistoryQuery))]
[JsonSerializable(typeof(SessionControlData))]
[JsonSerializable(typeof(ChatMessageData))]
[JsonSerializable(typeof(QueuedMessageReference))]
[JsonSerializable(typeof(PermissionResponseData))]
[JsonSerializable(typeof(ConfigurationResponseData))]
[JsonSerializable(typeof(McpServerQuery))]
[JsonSerializable(typeof(ConfigurationReviewedData))]
[JsonSerializable(typeof(ContextUsageData))]
[JsonSerializable(typeof(SlashCommandsData))]
[JsonSerializable(typeof(McpStatusData))]
[JsonSerializable(typeof(ClaudeTokenData))]
[JsonSerializable(typeof(TokenStatusData))]
[JsonSerializable(typeof(FileUploadData))]
[JsonSerializable(typeof(FileListQuery))]
[JsonSerializable(typeof(FileDownloadData))]
[JsonSerializable(typeof(AuthSuccessData))]
[JsonSerializable(typeof(EmptyData))]
[JsonSerializable(typeof(SessionCreatedData))]
[JsonSerializable(typeof(SessionListData))]
[JsonSerializable(typeof(SessionAttachedData))]
[JsonSerializable(typeof(SessionHistoryData))]
[JsonSerializable(typeof(SessionStatusData))]
[JsonSerializable(typeof(ChatAcceptedData))]
[JsonSerializable(typeof(QueueChangedData))]
[JsonSerializable(typeof(PermissionResolvedData))]
[JsonSerializable(typeof(FileUploadedData))]
[JsonSerializable(typeof(FileListData))]
[JsonSerializable(typeof(FileContentData))]
[JsonSerializable(typeof(WorkspaceInfoData))]
[JsonSerializable(typeof(ErrorData))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
