using System.Collections.Frozen;
using Claudy.Domain.Shared;
using Claudy.WebApi.Protocol;
using Claudy.WebApi.WebSockets.Frames;
using MediatR;

namespace Claudy.WebApi.WebSockets;

/// <summary>Does what a frame asks, and answers; an error is answered by the caller.</summary>
internal delegate Task<Result> FrameHandler(FrameContext context, IMediator mediator, CancellationToken cancellationToken);

/// <summary>Behind what a frame waits.</summary>
internal enum FrameLane
{
    /// <summary>Behind the ordered frames before it.</summary>
    Ordered,

    /// <summary>Behind urgent frames only: a long replay does not hold up an interrupt.</summary>
    Urgent,

    /// <summary>Nothing.</summary>
    Immediate,

    /// <summary>Others of its kind only, when there are many; and nothing waits for it. For what takes minutes.</summary>
    Aside,
}

/// <summary>A frame that clients may send.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Answers">What it is answered with, other than <c>error</c>.</param>
/// <param name="Handler">What it does.</param>
internal sealed record FrameDefinition(string Type, IReadOnlyList<string> Answers, FrameHandler Handler)
{
    /// <summary>Whether only a connection that has authenticated may send it.</summary>
    public bool NeedsAuthentication { get; init; } = true;

    /// <summary>Behind what it waits.</summary>
    public Func<ClientFrame, FrameLane> LaneOf { get; init; } = static _ => FrameLane.Ordered;
}

/// <summary>Every frame that clients may send.</summary>
internal static class FrameCatalogue
{
    /// <summary>All of them, as the protocol's table has them.</summary>
    public static IReadOnlyList<FrameDefinition> All { get; } =
    [
        new(FrameTypes.Client.Auth, [FrameTypes.Answer.AuthSuccess], ConnectionFrames.AuthenticateAsync)
        {
            NeedsAuthentication = false,
            LaneOf = static _ => FrameLane.Immediate,
        },
        new(FrameTypes.Client.Ping, [FrameTypes.Answer.Pong], ConnectionFrames.PingAsync)
        {
            NeedsAuthentication = false,
            LaneOf = static _ => FrameLane.Immediate,
        },
        new(FrameTypes.Client.CreateSession, [FrameTypes.Answer.SessionCreated], SessionFrames.CreateAsync) { LaneOf = SessionFrames.LaneOf },
        new(FrameTypes.Client.ListSessions, [FrameTypes.Answer.SessionList], SessionFrames.ListAsync),
        new(FrameTypes.Client.AttachSession, [FrameTypes.Answer.SessionAttached], SessionFrames.AttachAsync),
        new(FrameTypes.Client.DetachSession, [FrameTypes.Answer.SessionDetached], SessionFrames.DetachAsync),
        new(FrameTypes.Client.SessionHistory, [FrameTypes.Answer.SessionHistory], SessionFrames.HistoryAsync),
        new(FrameTypes.Client.SearchHistory, [FrameTypes.Answer.SearchResults], SearchFrames.SearchAsync),
        new(FrameTypes.Client.SessionControl, [FrameTypes.Answer.SessionStatus, FrameTypes.Answer.SessionDeleted, FrameTypes.Answer.SessionCreated], ControlFrames.ControlAsync)
        {
            LaneOf = ControlFrames.LaneOf,
        },
        new(FrameTypes.Client.ChatMessage, [FrameTypes.Answer.ChatAccepted], ChatFrames.SendAsync),
        new(FrameTypes.Client.CancelMessage, [FrameTypes.Answer.QueueChanged], ChatFrames.CancelAsync),
        new(FrameTypes.Client.EditMessage, [FrameTypes.Answer.QueueChanged], ChatFrames.EditAsync),
        new(FrameTypes.Client.SendNow, [FrameTypes.Answer.QueueChanged], ChatFrames.SendNowAsync) { LaneOf = static _ => FrameLane.Urgent },
        new(FrameTypes.Client.PermissionResponse, [FrameTypes.Answer.PermissionResolved], ChatFrames.AnswerPermissionAsync)
        {
            LaneOf = static _ => FrameLane.Urgent,
        },
        new(FrameTypes.Client.PermissionRules, [FrameTypes.Answer.PermissionRules], RuleFrames.ListAsync),
        new(FrameTypes.Client.PermissionRuleAdd, [FrameTypes.Answer.PermissionRules], RuleFrames.AddAsync),
        new(FrameTypes.Client.PermissionRuleUpdate, [FrameTypes.Answer.PermissionRules], RuleFrames.UpdateAsync),
        new(FrameTypes.Client.PermissionRuleRemove, [FrameTypes.Answer.PermissionRules], RuleFrames.RemoveAsync),
        new(FrameTypes.Client.ConfigurationResponse, [FrameTypes.Answer.ConfigurationReviewed], AgentFrames.ReviewConfigurationAsync),
        new(FrameTypes.Client.ContextUsage, [FrameTypes.Answer.ContextUsage], AgentFrames.ContextUsageAsync),
        new(FrameTypes.Client.SlashCommands, [FrameTypes.Answer.SlashCommands], AgentFrames.SlashCommandsAsync),
        new(FrameTypes.Client.McpStatus, [FrameTypes.Answer.McpStatus], AgentFrames.McpStatusAsync),
        new(FrameTypes.Client.McpReconnect, [FrameTypes.Answer.McpStatus], AgentFrames.McpReconnectAsync),
        new(FrameTypes.Client.McpToggle, [FrameTypes.Answer.McpStatus], AgentFrames.McpToggleAsync),
        new(FrameTypes.Client.ValidateToken, [FrameTypes.Answer.TokenStatus], CredentialFrames.ValidateAsync),
        new(FrameTypes.Client.UpdateToken, [FrameTypes.Answer.TokenStatus], CredentialFrames.UpdateAsync),
        new(FrameTypes.Client.ForgetToken, [FrameTypes.Answer.TokenInfo], CredentialFrames.ForgetAsync),
        new(FrameTypes.Client.TokenInfo, [FrameTypes.Answer.TokenInfo], CredentialFrames.DescribeAsync),
        new(FrameTypes.Client.FileUpload, [FrameTypes.Answer.FileUploaded], FileFrames.UploadAsync),
        new(FrameTypes.Client.FileList, [FrameTypes.Answer.FileList], FileFrames.ListAsync),
        new(FrameTypes.Client.FileDownload, [FrameTypes.Answer.FileContent], FileFrames.DownloadAsync),
        new(FrameTypes.Client.FileUploadBegin, [FrameTypes.Answer.FileUploadReady], UploadFrames.BeginAsync),
        new(FrameTypes.Client.FileUploadChunk, [FrameTypes.Answer.FileUploadProgress], UploadFrames.AppendAsync),
        new(FrameTypes.Client.FileUploadCommit, [FrameTypes.Answer.FileUploaded], UploadFrames.CommitAsync),
        new(FrameTypes.Client.FileUploadAbort, [FrameTypes.Answer.FileUploadAborted], UploadFrames.AbortAsync),
        new(FrameTypes.Client.FileMove, [FrameTypes.Answer.FileMoved], FileChangeFrames.MoveAsync),
        new(FrameTypes.Client.FileDelete, [FrameTypes.Answer.FileDeleted], FileChangeFrames.DeleteAsync),
        new(FrameTypes.Client.DirectoryCreate, [FrameTypes.Answer.DirectoryCreated], FileChangeFrames.MakeDirectoryAsync),
        new(FrameTypes.Client.WorkspaceInfo, [FrameTypes.Answer.WorkspaceInfo], FileFrames.InfoAsync),
        new(FrameTypes.Client.WorkspaceDiff, [FrameTypes.Answer.WorkspaceDiff], CheckpointFrames.DiffAsync),
        new(FrameTypes.Client.Usage, [FrameTypes.Answer.Usage], UsageFrames.GetAsync),
    ];

    private static readonly FrozenDictionary<string, FrameDefinition> ByType = All.ToFrozenDictionary(d => d.Type, StringComparer.Ordinal);

    /// <summary>The frame of that name; null when there is none.</summary>
    public static FrameDefinition? Find(string type) => ByType.GetValueOrDefault(type);
}
