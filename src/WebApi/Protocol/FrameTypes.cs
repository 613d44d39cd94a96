namespace Claudy.WebApi.Protocol;

/// <summary>The names of all frames, as they are on the wire.</summary>
internal static class FrameTypes
{
    /// <summary>What a client sends.</summary>
    public static class Client
    {
        public const string Auth = "auth";
        public const string Ping = "ping";
        public const string CreateSession = "create_session";
        public const string ListSessions = "list_sessions";
        public const string AttachSession = "attach_session";
        public const string DetachSession = "detach_session";
        public const string SessionHistory = "session_history";
        public const string SessionControl = "session_control";
        public const string SearchHistory = "search_history";
        public const string ChatMessage = "chat_message";
        public const string CancelMessage = "cancel_message";
        public const string EditMessage = "edit_message";
        public const string SendNow = "send_now";
        public const string PermissionResponse = "permission_response";
        public const string PermissionRules = "permission_rules";
        public const string PermissionRuleAdd = "permission_rule_add";
        public const string PermissionRuleUpdate = "permission_rule_update";
        public const string PermissionRuleRemove = "permission_rule_remove";
        public const string ConfigurationResponse = "configuration_response";
        public const string ContextUsage = "context_usage";
        public const string SlashCommands = "slash_commands";
        public const string McpStatus = "mcp_status";
        public const string McpReconnect = "mcp_reconnect";
        public const string McpToggle = "mcp_toggle";
        public const string ValidateToken = "validate_token";
        public const string UpdateToken = "update_token";
        public const string ForgetToken = "forget_token";
        public const string TokenInfo = "token_info";
        public const string FileUpload = "file_upload";
        public const string FileList = "file_list";
        public const string FileDownload = "file_download";
        public const string FileUploadBegin = "file_upload_begin";
        public const string FileUploadChunk = "file_upload_chunk";
        public const string FileUploadCommit = "file_upload_commit";
        public const string FileUploadAbort = "file_upload_abort";
        public const string FileMove = "file_move";
        public const string FileDelete = "file_delete";
        public const string DirectoryCreate = "directory_create";
        public const string WorkspaceInfo = "workspace_info";
        public const string WorkspaceDiff = "workspace_diff";
        public const string Usage = "usage";
    }

    /// <summary>What the server answers; never with a <c>seq</c>.</summary>
    public static class Answer
    {
        public const string AuthSuccess = "auth_success";
        public const string AuthExpired = "auth_expired";
        public const string Pong = "pong";
        public const string SessionCreated = "session_created";
        public const string SessionList = "session_list";
        public const string SessionAttached = "session_attached";
        public const string SessionDetached = "session_detached";
        public const string SessionHistory = "session_history";
        public const string SessionStatus = "session_status";
        public const string SessionDeleted = "session_deleted";
        public const string SearchResults = "search_results";
        public const string ChatAccepted = "chat_accepted";
        public const string QueueChanged = "queue_changed";
        public const string PermissionResolved = "permission_resolved";
        public const string PermissionRules = "permission_rules";
        public const string ConfigurationReviewed = "configuration_reviewed";
        public const string ContextUsage = "context_usage";
        public const string SlashCommands = "slash_commands";
        public const string McpStatus = "mcp_status";
        public const string TokenStatus = "token_status";
        public const string TokenInfo = "token_info";
        public const string FileUploaded = "file_uploaded";
        public const string FileList = "file_list";
        public const string FileContent = "file_content";
        public const string FileUploadReady = "file_upload_ready";
        public const string FileUploadProgress = "file_upload_progress";
        public const string FileUploadAborted = "file_upload_aborted";
        public const string FileMoved = "file_moved";
        public const string FileDeleted = "file_deleted";
        public const string DirectoryCreated = "directory_created";
        public const string WorkspaceInfo = "workspace_info";
        public const string WorkspaceDiff = "workspace_diff";
        public const string Usage = "usage";
        public const string Error = "error";
    }

    /// <summary>What happens in a session and is kept; always with a <c>seq</c>.</summary>
    public static class Event
    {
        public const string UserMessage = "user_message";
        public const string ClaudeResponse = "claude_response";
        public const string ClaudeThinking = "claude_thinking";
        public const string ToolUse = "tool_use";
        public const string ToolResult = "tool_result";
        public const string PermissionRequest = "permission_request";
        public const string PermissionResolved = "permission_resolved";

        /// <summary>A user changed the session's rules: all of them from now on.</summary>
        public const string PermissionRulesChanged = "permission_rules_changed";

        public const string TurnStarted = "turn_started";

        /// <summary>The turn waits: its process is gone while a human was being asked, or a budget is spent.</summary>
        public const string TurnSuspended = "turn_suspended";

        /// <summary>All was answered, or there is money again, and the turn goes on.</summary>
        public const string TurnResumed = "turn_resumed";
        public const string TurnCompleted = "turn_completed";
        public const string SessionStatus = "session_status";
        public const string QueueChanged = "queue_changed";
        public const string SessionError = "session_error";

        /// <summary>All settings from now on; the first event of every session, and again at each change.</summary>
        public const string SessionSettings = "session_settings";

        /// <summary>The workspace's own files would configure Claude Code; nothing of it takes effect before the owner approves it.</summary>
        public const string ConfigurationReview = "configuration_review";

        public const string ConfigurationReviewed = "configuration_reviewed";

        /// <summary>Claude Code keeps its own transcript under another id from now on, or one that was made anew from the history.</summary>
        public const string AgentSession = "agent_session";

        /// <summary>The conversation went back to before a turn; the history keeps what was taken back.</summary>
        public const string ConversationRewound = "conversation_rewound";

        /// <summary>A hard budget is spent; what waits goes on waiting.</summary>
        public const string BudgetPaused = "budget_paused";

        /// <summary>There is money again.</summary>
        public const string BudgetResumed = "budget_resumed";

        /// <summary>A soft budget is spent; all goes on.</summary>
        public const string BudgetWarning = "budget_warning";

        /// <summary>The workspace is over its limit; what waits goes on waiting.</summary>
        public const string QuotaPaused = "quota_paused";

        /// <summary>There is room again.</summary>
        public const string QuotaResumed = "quota_resumed";

        /// <summary>Files of the workspace changed, whoever changed them.</summary>
        public const string FileChanged = "file_changed";

        /// <summary>The workspace was filled from a Git repository.</summary>
        public const string RepositoryCloned = "repository_cloned";

        /// <summary>Claude Code said something that this version has no frame for; clients may ignore it.</summary>
        public const string AgentNotice = "agent_notice";
    }

    /// <summary>What happens in a session and is not kept: no <c>seq</c>, never replayed. So are <c>claude_response</c> and <c>claude_thinking</c> with <c>is_complete: false</c>.</summary>
    public static class Ephemeral
    {
        /// <summary>Forget the deltas of that <c>message_id</c>: the API's stream broke off and begins anew under another one.</summary>
        public const string MessageDiscarded = "message_discarded";

        public const string ToolProgress = "tool_progress";

        /// <summary>The session's place in the line for a process.</summary>
        public const string QueuePosition = "queue_position";

        public const string ServerNotice = "server_notice";

        /// <summary>How far a repository is, to whoever creates a session from it; there is no session yet.</summary>
        public const string RepositoryProgress = "repository_progress";

        /// <summary>A request to the API is over: what it used, and how the budgets stand.</summary>
        public const string UsageUpdated = "usage_updated";

        /// <summary>The session was deleted, and the connection is detached from it; also the answer to who deleted it.</summary>
        public const string SessionDeleted = "session_deleted";
    }
}
