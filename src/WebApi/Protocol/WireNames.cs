using Claudy.Application.Files.Ports;
using Claudy.Application.Messaging;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Sessions.Permissions;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.WebApi.Protocol;

/// <summary>The words of the protocol for the domain's choices.</summary>
internal static class WireNames
{
    public const string StatusNames = "starting, idle, running, awaiting_permission, queued, hibernated, terminated or failed";

    /// <summary>The workspace as Claude sees it; where it is on the server is nobody's business.</summary>
    public const string WorkspacePath = "/workspace";

    public const string ModeNames = "default, acceptEdits, plan, dontAsk or bypassPermissions";

    public static string Of(SessionStatus status) => status switch
    {
        SessionStatus.Starting => "starting",
        SessionStatus.Idle => "idle",
        SessionStatus.Running => "running",
        SessionStatus.AwaitingPermission => "awaiting_permission",
        SessionStatus.Queued => "queued",
        SessionStatus.Hibernated => "hibernated",
        SessionStatus.Terminated => "terminated",
        SessionStatus.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    public static string Of(PermissionMode mode) => mode switch
    {
        PermissionMode.Default => "default",
        PermissionMode.AcceptEdits => "acceptEdits",
        PermissionMode.Plan => "plan",
        PermissionMode.DontAsk => "dontAsk",
        PermissionMode.BypassPermissions => "bypassPermissions",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };

    public static string Of(PermissionDecision decision) => decision switch
    {
        PermissionDecision.Allow => "allow",
        PermissionDecision.Deny => "deny",
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, null),
    };

    public static string Of(ConfigurationDecision decision) => decision switch
    {
        ConfigurationDecision.Approved => "approved",
        ConfigurationDecision.Rejected => "rejected",
        ConfigurationDecision.Withdrawn => "withdrawn",
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, null),
    };

    public static string Of(McpTransport transport) => transport switch
    {
        McpTransport.Stdio => "stdio",
        McpTransport.Http => "http",
        McpTransport.Sse => "sse",
        _ => throw new ArgumentOutOfRangeException(nameof(transport), transport, null),
    };

    public static string Of(QueueChange change) => change switch
    {
        QueueChange.Added => "added",
        QueueChange.Cancelled => "cancelled",
        QueueChange.Started => "started",
        QueueChange.Edited => "edited",
        QueueChange.Moved => "moved",
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, null),
    };

    public static string Of(FileChange change) => change switch
    {
        FileChange.Created => "created",
        FileChange.Modified => "modified",
        FileChange.Deleted => "deleted",
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, null),
    };

    public static string Of(FileEntryType type) => type switch
    {
        FileEntryType.File => "file",
        FileEntryType.Directory => "directory",
        FileEntryType.Symlink => "symlink",
        FileEntryType.Other => "other",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    public static string Of(ClaudeCredentialKind kind) => kind switch
    {
        ClaudeCredentialKind.ApiKey => "api_key",
        ClaudeCredentialKind.AuthToken => "auth_token",
        ClaudeCredentialKind.OAuthToken => "oauth_token",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The status of that name.</summary>
    public static Result<SessionStatus> ParseStatus(string name) => name switch
    {
        "starting" => SessionStatus.Starting,
        "idle" => SessionStatus.Idle,
        "running" => SessionStatus.Running,
        "awaiting_permission" => SessionStatus.AwaitingPermission,
        "queued" => SessionStatus.Queued,
        "hibernated" => SessionStatus.Hibernated,
        "terminated" => SessionStatus.Terminated,
        "failed" => SessionStatus.Failed,
        _ => RequestErrors.InvalidField("status", $"status must be {StatusNames}."),
    };

    /// <summary>The mode of that name.</summary>
    public static Result<PermissionMode> ParseMode(string? name, string field) => name switch
    {
        "default" => PermissionMode.Default,
        "acceptEdits" => PermissionMode.AcceptEdits,
        "plan" => PermissionMode.Plan,
        "dontAsk" => PermissionMode.DontAsk,
        "bypassPermissions" => PermissionMode.BypassPermissions,
        _ => RequestErrors.InvalidField(field, $"{field} must be {ModeNames}."),
    };

    /// <summary>What a rule of that name does.</summary>
    public static Result<PermissionEffect> ParseEffect(string? name) => name switch
    {
        null or "allow" => PermissionEffect.Allow,
        "deny" => PermissionEffect.Deny,
        _ => RequestErrors.InvalidField("effect", "effect must be allow or deny."),
    };

    /// <summary>The decision of that name.</summary>
    public static Result<PermissionDecision> ParseDecision(string? name) => name switch
    {
        "allow" => PermissionDecision.Allow,
        "deny" => PermissionDecision.Deny,
        _ => RequestErrors.InvalidField("decision", "decision must be allow or deny."),
    };

    /// <summary>The decision about a configuration, as a client gives it.</summary>
    public static Result<ConfigurationDecision> ParseReview(string? name) => name switch
    {
        "approve" => ConfigurationDecision.Approved,
        "reject" => ConfigurationDecision.Rejected,
        _ => RequestErrors.InvalidField("decision", "decision must be approve or reject."),
    };
}
