using System.Text;
using Claudy.Application.Sessions;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Workspaces;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sessions;

public sealed class SessionEventJsonTests
{
    /// <summary>The stored form of every event. A test that fails here says that sessions of earlier versions can no longer be read.</summary>
    public static TheoryData<SessionEvent, string> StoredForms => new()
    {
        {
            new SessionCreated(SampleEvents.Settings),
            """{"type":"session_created","settings":{"name":"n","model":"m","permission_mode":"accept_edits","append_system_prompt":"p","allowed_tools":["Read"],"disallowed_tools":["Bash(rm x)"],"brings_own_key":true,"network":{"mode":"allow_list","hosts":["a.example","*.b.example:8443"]},"max_thinking_tokens":4000,"mcp_servers":["tiny"]}}"""
        },
        { new StatusChanged(SessionStatus.AwaitingPermission, null), """{"type":"status_changed","status":"awaiting_permission"}""" },
        {
            new SettingsChanged(new SessionSettings { Name = "n" }),
            """{"type":"settings_changed","settings":{"name":"n","permission_mode":"default","allowed_tools":[],"disallowed_tools":[],"brings_own_key":false}}"""
        },
        {
            new QueueChanged(QueueChange.Added, "q1", new ChatMessage("q1", "c-1", "häi <b>", [new ImageAttachment("image/png", [1, 2, 3])])),
            """{"type":"queue_changed","change":"added","message_id":"q1","message":{"id":"q1","client_id":"c-1","text":"häi <b>","images":[{"media_type":"image/png","data":"AQID"}]}}"""
        },
        { new UserMessageAdded(new ChatMessage("q1", null, "hi", [])), """{"type":"user_message_added","message":{"id":"q1","text":"hi","images":[]}}""" },
        { new TurnStarted(3, "q1"), """{"type":"turn_started","turn_id":3,"message_id":"q1"}""" },
        { new AssistantText("m1", "hello", true, "t1"), """{"type":"assistant_text","message_id":"m1","text":"hello","is_partial":true,"parent_tool_use_id":"t1"}""" },
        { new AssistantThinking("m1", "hm", false, null), """{"type":"assistant_thinking","message_id":"m1","text":"hm","is_partial":false}""" },
        { new ToolUsed("t1", "Bash", SampleEvents.Json("""{"command":"ls"}"""), null), """{"type":"tool_used","tool_use_id":"t1","name":"Bash","input":{"command":"ls"}}""" },
        { new ToolReturned("t1", SampleEvents.Json("\"out\""), true, null), """{"type":"tool_returned","tool_use_id":"t1","content":"out","is_error":true}""" },
        {
            new PermissionRequested(new PermissionRequest("p1", "Bash", SampleEvents.Json("{}"), "d", "t1", "/x", ["Bash(ls)"], PermissionMode.Plan, DateTimeOffset.UnixEpoch)),
            """{"type":"permission_requested","request":{"id":"p1","tool_name":"Bash","input":{},"description":"d","tool_use_id":"t1","blocked_path":"/x","suggested_rules":["Bash(ls)"],"suggested_mode":"plan","expires_at":"1970-01-01T00:00:00+00:00"}}"""
        },
        {
            new PermissionResolved("p1", PermissionDecision.Deny, "user", "no", ["Bash(ls)"]),
            """{"type":"permission_resolved","request_id":"p1","decision":"deny","reason":"user","message":"no","remembered_rules":["Bash(ls)"],"remembered_for_user":false}"""
        },
        {
            new PermissionResolved("p1", PermissionDecision.Allow, "user", null, [], SampleEvents.Json("""{"command":"ls -l"}""")),
            """{"type":"permission_resolved","request_id":"p1","decision":"allow","reason":"user","remembered_rules":[],"updated_input":{"command":"ls -l"},"remembered_for_user":false}"""
        },
        { new TurnSuspended(3, "server_restarted"), """{"type":"turn_suspended","turn_id":3,"reason":"server_restarted"}""" },
        { new TurnResumed(3, "Go on."), """{"type":"turn_resumed","turn_id":3,"instruction":"Go on."}""" },
        {
            new PermissionResolved("p1", PermissionDecision.Allow, "rule", null, []) { ToolUseId = "t1", Rules = ["Bash(ls)"], RememberedForUser = true },
            """{"type":"permission_resolved","request_id":"p1","decision":"allow","reason":"rule","remembered_rules":[],"tool_use_id":"t1","rules":["Bash(ls)"],"remembered_for_user":true}"""
        },
        { new PermissionRulesChanged(["Bash(ls)"], ["Read"]), """{"type":"permission_rules_changed","allowed":["Bash(ls)"],"denied":["Read"]}""" },
        {
            new TurnCompleted(3, "end_turn", new TokenUsage(1, 2, 3, 4), 0.0125m, TimeSpan.FromSeconds(1.5)),
            """{"type":"turn_completed","turn_id":3,"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":4},"cost_usd":0.0125,"duration":"00:00:01.5000000"}"""
        },
        { new SessionErrorRaised("CLAUDE_002", "api_failed", "It failed.", true), """{"type":"error_raised","code":"CLAUDE_002","reason":"api_failed","message":"It failed.","retryable":true}""" },
        { new AgentNotice("system/new", SampleEvents.Json("[1]")), """{"type":"agent_notice","agent_type":"system/new","raw":[1]}""" },
        {
            new AgentSessionChanged(Guid.Parse("00000000-0000-0000-0000-000000000001")),
            """{"type":"agent_session_changed","agent_session_id":"00000000-0000-0000-0000-000000000001"}"""
        },
        { new AgentSessionChanged(null), """{"type":"agent_session_changed"}""" },
        {
            new ConfigurationReviewRequested(new WorkspaceConfiguration(
                "d1",
                [new WorkspaceHook("PreToolUse", "Bash", "touch x", ["y"], "Bash(ls)", 1.5, true, false)],
                [new NamedValue("A", "1")],
                [
                    new McpServer { Name = "s", Transport = McpTransport.Stdio, Command = "run", Args = ["a"], Environment = [new NamedValue("B", "2")], Headers = [] },
                    new McpServer { Name = "h", Transport = McpTransport.Http, Url = "http://h/", Args = [], Environment = [], Headers = [new NamedValue("X", "3")] },
                ],
                [new WorkspaceInstructions("CLAUDE.md", "Be kind.")],
                [new IgnoredSetting(".mcp.json", "env.HOME", "No.")])),
            """{"type":"configuration_review_requested","configuration":{"digest":"d1","hooks":[{"event":"PreToolUse","matcher":"Bash","command":"touch x","args":["y"],"if":"Bash(ls)","timeout_seconds":1.5,"once":true,"is_async":false}],"environment":[{"name":"A","value":"1"}],"mcp_servers":[{"name":"s","transport":"stdio","command":"run","args":["a"],"environment":[{"name":"B","value":"2"}],"headers":[]},{"name":"h","transport":"http","args":[],"environment":[],"url":"http://h/","headers":[{"name":"X","value":"3"}]}],"instructions":[{"path":"CLAUDE.md","text":"Be kind."}],"ignored":[{"path":".mcp.json","name":"env.HOME","reason":"No."}]}}"""
        },
        { new ConfigurationReviewed("d1", ConfigurationDecision.Withdrawn), """{"type":"configuration_reviewed","digest":"d1","decision":"withdrawn"}""" },
        {
            new AgentSessionChanged(Guid.Parse("00000000-0000-0000-0000-000000000001"), new RebuiltMemory(3, IsShortened: true)),
            """{"type":"agent_session_changed","agent_session_id":"00000000-0000-0000-0000-000000000001","rebuilt":{"turn_count":3,"is_shortened":true}}"""
        },
        {
            new SessionCreated(new SessionSettings { Name = "n" }, new ForkOrigin(Guid.Parse("00000000-0000-0000-0000-000000000001"), 42)),
            """{"type":"session_created","settings":{"name":"n","permission_mode":"default","allowed_tools":[],"disallowed_tools":[],"brings_own_key":false},"forked_from":{"session_id":"00000000-0000-0000-0000-000000000001","seq":42}}"""
        },
        {
            new ConversationRewound(2, 5, FilesRestored: true, ["a.txt"], null),
            """{"type":"conversation_rewound","turn_id":2,"from_seq":5,"files_restored":true,"changed_files":["a.txt"]}"""
        },
        {
            new TurnSuspended(3, "budget_paused") { Usage = new TokenUsage(1, 2, 3, 4), CostUsd = 0.5m },
            """{"type":"turn_suspended","turn_id":3,"reason":"budget_paused","usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":4},"cost_usd":0.5}"""
        },
        {
            new SettingsChanged(new SessionSettings { Name = "n", Budget = new Budget(1.5m, null) }),
            """{"type":"settings_changed","settings":{"name":"n","permission_mode":"default","allowed_tools":[],"disallowed_tools":[],"brings_own_key":false,"budget":{"soft_usd":1.5}}}"""
        },
        {
            new BudgetPaused(new BudgetReached(BudgetScope.UserDay, 1.5m, 1.75m, DateTimeOffset.UnixEpoch)),
            """{"type":"budget_paused","reached":{"scope":"user_day","limit_usd":1.5,"spent_usd":1.75,"resets_at":"1970-01-01T00:00:00+00:00"}}"""
        },
        {
            new BudgetWarned(new BudgetReached(BudgetScope.Session, 1, 2, null)),
            """{"type":"budget_warned","reached":{"scope":"session","limit_usd":1,"spent_usd":2}}"""
        },
        {
            new QuotaPaused(new WorkspaceUsage(5, 4, 3, 2)),
            """{"type":"quota_paused","usage":{"size_bytes":5,"file_count":4,"max_size_bytes":3,"max_files":2}}"""
        },
        {
            new QuotaResumed(new WorkspaceUsage(1, 1, 3, 2)),
            """{"type":"quota_resumed","usage":{"size_bytes":1,"file_count":1,"max_size_bytes":3,"max_files":2}}"""
        },
        {
            new FilesChanged([new ChangedFile("a.txt", FileChange.Created), new ChangedFile("b.txt", FileChange.Deleted)], IsTruncated: true),
            """{"type":"files_changed","files":[{"path":"a.txt","change":"created"},{"path":"b.txt","change":"deleted"}],"is_truncated":true}"""
        },
        {
            new RepositoryCloned("https://git.test/a.git", "main", "c0ffee"),
            """{"type":"repository_cloned","url":"https://git.test/a.git","ref":"main","commit":"c0ffee"}"""
        },
        { new BudgetResumed(BudgetScope.ServerMonth), """{"type":"budget_resumed","scope":"server_month"}""" },
        {
            new ConversationRewound(2, 5, FilesRestored: false, null, "no"),
            """{"type":"conversation_rewound","turn_id":2,"from_seq":5,"files_restored":false,"files_reason":"no"}"""
        },
    };

    [Theory]
    [MemberData(nameof(StoredForms))]
    public void EncodeEvent_WhenGivenAnEvent_ShouldHaveTheStoredForm(SessionEvent sessionEvent, string json) =>
        Encoding.UTF8.GetString(SessionEventJson.EncodeEvent(sessionEvent)).ShouldBe(json);

    [Theory]
    [MemberData(nameof(StoredForms))]
    public void DecodeEvent_WhenGivenTheStoredForm_ShouldGiveTheEvent(SessionEvent sessionEvent, string json)
    {
        var decoded = SessionEventJson.DecodeEvent(Encoding.UTF8.GetBytes(json));

        decoded.ShouldBeOfType(sessionEvent.GetType());
        Encoding.UTF8.GetString(SessionEventJson.EncodeEvent(decoded)).ShouldBe(json);
    }

    [Fact]
    public void StoredForms_WhenTheDomainHasAnEvent_ShouldKnowIt()
    {
        var events = typeof(SessionEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(SessionEvent)));

        StoredForms.Select(row => row[0].GetType()).Distinct().ShouldBe(events, ignoreOrder: true);
    }

    [Property(MaxTest = 300)]
    public Property DecodeEvent_WhenGivenAnEncodedEvent_ShouldLoseNothing() =>
        Prop.ForAll(SampleEvents.Arbitrary, sessionEvent =>
        {
            var encoded = SessionEventJson.EncodeEvent(sessionEvent);
            var decoded = SessionEventJson.DecodeEvent(encoded);
            return decoded.GetType() == sessionEvent.GetType() && SessionEventJson.EncodeEvent(decoded).AsSpan().SequenceEqual(encoded);
        });

    [Property(MaxTest = 100)]
    public Property DecodeState_WhenGivenTheSumOfEvents_ShouldLoseNothing() =>
        Prop.ForAll(SampleEvents.Arbitrary.Generator.ListOf().ToArbitrary(), events =>
        {
            var state = events.Aggregate(SessionState.Initial(new SessionCreated(SampleEvents.Settings)), (sum, one) => sum.Apply(one, DateTimeOffset.UnixEpoch));
            var encoded = SessionEventJson.EncodeState(state);
            return SessionEventJson.EncodeState(SessionEventJson.DecodeState(encoded)).AsSpan().SequenceEqual(encoded);
        });

    [Fact]
    public void EncodeState_WhenEverythingIsSet_ShouldHaveTheStoredForm()
    {
        var state = new SessionState
        {
            Settings = new SessionSettings { Name = "n" },
            Status = SessionStatus.Running,
            Queue = [new ChatMessage("q2", null, "later", [])],
            PendingPermissions = [new PermissionRequest("p1", "Bash", SampleEvents.Json("{}"), null, null, null, [], null, DateTimeOffset.UnixEpoch)],
            CurrentTurn = new Turn(2, "q1", DateTimeOffset.UnixEpoch),
            TurnCount = 2,
            TakenBack = [new TurnRange(1, 1)],
            RememberedRules = ["Read"],
            AgentSessionId = Guid.Parse("00000000-0000-0000-0000-000000000001"),
            AcceptedMessages = [new AcceptedMessage("c1", "q1", "ff", DateTimeOffset.UnixEpoch)],
            Usage = new TokenUsage(1, 2, 3, 4),
            CostUsd = 1.5m,
        };

        Encoding.UTF8.GetString(SessionEventJson.EncodeState(state)).ShouldBe(
            """
            {"settings":{"name":"n","permission_mode":"default","allowed_tools":[],"disallowed_tools":[],"brings_own_key":false},"status":"running",
            "queue":[{"id":"q2","text":"later","images":[]}],
            "pending_permissions":[{"id":"p1","tool_name":"Bash","input":{},"suggested_rules":[],"expires_at":"1970-01-01T00:00:00+00:00"}],
            "current_turn":{"id":2,"message_id":"q1","started_at":"1970-01-01T00:00:00+00:00","is_suspended":false,"is_held":false,"waits_for_room":false},"turn_count":2,"taken_back":[{"first":1,"last":1}],"remembered_rules":["Read"],
            "agent_session_id":"00000000-0000-0000-0000-000000000001",
            "accepted_messages":[{"client_id":"c1","message_id":"q1","fingerprint":"ff","at":"1970-01-01T00:00:00+00:00"}],
            "usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":4},"cost_usd":1.5}
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public void DecodeEvent_WhenTheTypeIsUnknown_ShouldNameIt()
    {
        var unknown = Should.Throw<StoredFormatException>(() => SessionEventJson.DecodeEvent("""{"type":"from_the_future","x":1}"""u8));

        unknown.Message.ShouldContain("from_the_future");
        unknown.Message.ShouldContain("newer version");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"turn_id":1}""")]
    [InlineData("""{"type":"turn_started","turn_id":"one"}""")]
    [InlineData("""{"type":"status_changed","status":"asleep"}""")]
    [InlineData("""{"type":"status_changed","status":3}""")]
    [InlineData("""{"type":"turn_started","turn_id":1""")]
    public void DecodeEvent_WhenItIsDamaged_ShouldSaySo(string json) =>
        Should.Throw<StoredFormatException>(() => SessionEventJson.DecodeEvent(Encoding.UTF8.GetBytes(json)));
}
