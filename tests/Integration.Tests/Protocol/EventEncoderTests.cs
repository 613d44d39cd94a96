using System.Buffers;
using System.Text;
using System.Text.Json;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Usage;
using Claudy.Application.Usage.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Usage;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using Claudy.Integration.Tests.Agents;
using Claudy.Integration.Tests.Sessions;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Protocol;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Protocol;

public sealed class EventEncoderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 1, 123, TimeSpan.Zero);
    private static readonly SessionId Id = SessionId.New(Now);
    private static readonly JsonElement Input = JsonDocument.Parse("""{"command":"echo \"hi\" > x"}""").RootElement;
    private static readonly SessionSettings Settings = new() { Name = "Mine", Model = "opus", PermissionMode = PermissionMode.AcceptEdits };

    private static readonly WorkspaceConfiguration Configuration = new(
        "d1",
        [new WorkspaceHook("PreToolUse", "Bash", "touch x", ["y"], "Bash(ls)", 1.5, Once: true, IsAsync: false)],
        [new NamedValue("A", "1")],
        [
            new McpServer { Name = "s", Transport = McpTransport.Stdio, Command = "run", Args = ["a"], Environment = [new NamedValue("B", "2")], Headers = [] },
            new McpServer { Name = "h", Transport = McpTransport.Http, Url = "http://h/", Args = [], Environment = [], Headers = [new NamedValue("X", "3")] },
        ],
        [new WorkspaceInstructions("CLAUDE.md", "Be kind.")],
        [new IgnoredSetting(".mcp.json", "env.HOME", "No.")]);

    private static readonly BudgetReached Reached = new(BudgetScope.UserDay, 1.5m, 1.75m, Now);

    private static readonly SessionEvent[] Events =
    [
        new SessionCreated(Settings),
        new SettingsChanged(Settings),
        new StatusChanged(SessionStatus.AwaitingPermission, "user_request"),
        new QueueChanged(QueueChange.Added, "m1", new ChatMessage("m1", "c1", "hi", [])),
        new UserMessageAdded(new ChatMessage("m1", "c1", "hi", [new ImageAttachment("image/png", [1, 2, 3])])),
        new TurnStarted(1, "m1"),
        new AssistantText("a1", "Hello", IsPartial: true, null),
        new AssistantThinking("a1", "Hm", IsPartial: false, "toolu_0"),
        new ToolUsed("toolu_1", "Bash", Input, null),
        new ToolReturned("toolu_1", JsonDocument.Parse("\"done\"").RootElement, IsError: false, null),
        new PermissionRequested(new PermissionRequest("p1", "Bash", Input, "why", "toolu_1", "/workspace/x", ["Bash(echo)"], PermissionMode.AcceptEdits, Now)),
        new PermissionResolved("p1", PermissionDecision.Deny, "user", "no", ["Bash(echo)"]),
        new PermissionRulesChanged(["Bash(echo)"], ["Read"]),
        new TurnSuspended(1, "server_restarted"),
        new TurnResumed(1, "Go on."),
        new TurnCompleted(1, "end_turn", new TokenUsage(1, 2, 3, 4), 0.25m, TimeSpan.FromSeconds(1.5)),
        new SessionErrorRaised("CLAUDE_002", "api_error", "Overloaded.", Retryable: true),
        new AgentNotice("system/new", JsonDocument.Parse("""{"type":"system"}""").RootElement),
        new AgentSessionChanged(Guid.Empty),
        new ConfigurationReviewRequested(Configuration),
        new ConfigurationReviewed("d1", ConfigurationDecision.Rejected),
        new ConversationRewound(2, 5, FilesRestored: true, ["a.txt"], null),
        new BudgetPaused(Reached),
        new BudgetResumed(BudgetScope.ServerMonth),
        new BudgetWarned(Reached),
        new QuotaPaused(new WorkspaceUsage(209715200, 4, 104857600, 20000)),
        new QuotaResumed(new WorkspaceUsage(1, 1, 3, 2)),
        new FilesChanged([new ChangedFile("a.txt", FileChange.Created)], IsTruncated: false),
        new RepositoryCloned("https://git.test/a.git", "main", "c0ffee"),
    ];

    private readonly EventEncoder _encoder = new(Id, new FakeTimeProvider(Now));

    [Property(MaxTest = 500)]
    public Property Write_FromTheStoredForm_ShouldBeAsWhenItHappened() => Prop.ForAll(SampleEvents.Arbitrary, sessionEvent =>
    {
        var stored = new StoredEvent(7, Now, sessionEvent);
        var encoder = new EventEncoder(Id, TimeProvider.System);
        var live = new ArrayBufferWriter<byte>();
        var replayed = new ArrayBufferWriter<byte>();

        encoder.Write(live, stored);
        encoder.Write(replayed, new StoredEventJson(7, Now, SessionEventJson.EncodeEvent(sessionEvent)));

        Encoding.UTF8.GetString(replayed.WrittenSpan).ShouldBe(Encoding.UTF8.GetString(live.WrittenSpan));
    });

    [Theory]
    [InlineData("""{"type":"assistant_text","message_id":"m","text":"t","is_partial":false,"came_later":1}""", "t")]
    [InlineData("""{"type":"assistant_text","text":"t","message_id":"m","is_partial":false,"parent_tool_use_id":null}""", "t")]
    public void Write_WhenTheStoredFormIsUnusual_ShouldDecodeIt(string json, string content)
    {
        var output = new ArrayBufferWriter<byte>();

        new EventEncoder(Id, TimeProvider.System).Write(output, new StoredEventJson(7, Now, Encoding.UTF8.GetBytes(json)));

        JsonDocument.Parse(output.WrittenMemory).RootElement.GetProperty("content").GetString().ShouldBe(content);
    }

    [Theory]
    [InlineData("""{"type":"assistant_text","message_id":"m","text":"t""")]
    [InlineData("""{"type":"from_the_future"}""")]
    public void Write_WhenTheStoredFormIsDamaged_ShouldSaySo(string json) => Should.Throw<StoredFormatException>(() =>
        new EventEncoder(Id, TimeProvider.System).Write(new ArrayBufferWriter<byte>(), new StoredEventJson(7, Now, Encoding.UTF8.GetBytes(json))));

    [Fact]
    public void Write_WhateverTheEvent_ShouldWriteAnEnvelopeWithItsSeq()
    {
        foreach (var sessionEvent in Events)
        {
            var frame = Encode(sessionEvent);

            frame.GetProperty("type").GetString().ShouldBe(EventEncoder.TypeOf(sessionEvent));
            frame.GetProperty("session_id").GetString().ShouldBe(Id.ToString());
            frame.GetProperty("seq").GetInt64().ShouldBe(7);
            frame.GetProperty("timestamp").GetString().ShouldBe("2026-01-01T12:00:01.123Z");
            frame.GetProperty("data").ValueKind.ShouldBe(JsonValueKind.Object);
        }
    }

    [Fact]
    public void Write_ShouldKnowEveryEvent()
    {
        var all = typeof(SessionEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(SessionEvent)));

        Events.Select(e => e.GetType()).Distinct().ShouldBe(all, ignoreOrder: true);
    }

    [Fact]
    public void Write_WhenTurnsWereTakenBack_ShouldSayWhatBecameOfTheFiles()
    {
        Encode(new ConversationRewound(2, 5, FilesRestored: true, ["a.txt"], null)).Data()
            .ShouldBeJson("""{"turn_id":2,"from_seq":5,"files":"restored","changed_files":["a.txt"]}""");
        Encode(new ConversationRewound(2, 5, FilesRestored: false, null, "Nothing was kept.")).Data()
            .ShouldBeJson("""{"turn_id":2,"from_seq":5,"files":"left","files_reason":"Nothing was kept."}""");
    }

    [Fact]
    public void Write_WhenABudgetIsSpent_ShouldSayWhose()
    {
        var paused = Encode(new BudgetPaused(Reached));

        paused.Content()!.ShouldContain("1.75 of 1.50 US dollars");
        paused.Data().ShouldBeJson("""{"scope":"user","period":"day","limit_usd":1.5,"spent_usd":1.75,"resets_at":"2026-01-01T12:00:01.123Z"}""");
        Encode(new BudgetWarned(new BudgetReached(BudgetScope.Session, 1, 2, null))).Data().ShouldBeJson("""{"scope":"session","limit_usd":1,"spent_usd":2}""");
        Encode(new BudgetResumed(BudgetScope.ServerMonth)).Data().ShouldBeJson("""{"scope":"server","period":"month"}""");
    }

    [Fact]
    public void Write_WhenTheWorkspaceIsOverItsLimit_ShouldSayHowFar()
    {
        var paused = Encode(new QuotaPaused(new WorkspaceUsage(209715200, 4, 104857600, 20000)));

        paused.Content()!.ShouldContain("200 MB in 4 files");
        paused.Data().ShouldBeJson("""{"size_bytes":209715200,"file_count":4,"max_size_bytes":104857600,"max_files":20000}""");
    }

    [Fact]
    public void Write_WhenFilesChanged_ShouldSayHow()
    {
        Encode(new FilesChanged([new ChangedFile("a.txt", FileChange.Created), new ChangedFile("b.txt", FileChange.Modified)], IsTruncated: false)).Data()
            .ShouldBeJson("""{"files":[{"path":"a.txt","change":"created"},{"path":"b.txt","change":"modified"}]}""");
        Encode(new FilesChanged([new ChangedFile("c.txt", FileChange.Deleted)], IsTruncated: true)).Data()
            .ShouldBeJson("""{"files":[{"path":"c.txt","change":"deleted"}],"truncated":true}""");
    }

    [Fact]
    public void Write_WhenARequestIsOver_ShouldSayWhatItUsedAndHowBudgetsStand()
    {
        var record = new UsageRecord(Guid.Empty, Now, Id, new UserId(Guid.Empty), "claude-x", new ApiUsage(1, 2, 3, 4, 5, 6), null, 0.25m, 200, IsCut: true);
        var standing = new BudgetStanding(BudgetScope.UserMonth, new Budget(1, 2), 1.25m, Now);

        var frame = Encode(new FeedItem.UsageUpdated(record, [standing]));

        frame.TryGetProperty("seq", out _).ShouldBeFalse();
        frame.Data().ShouldBeJson("""{"request_id":"00000000-0000-0000-0000-000000000000","model":"claude-x","usage":{"input_tokens":1,"output_tokens":2,"cache_creation_5m_tokens":3,"cache_creation_1h_tokens":4,"cache_read_tokens":5,"web_search_requests":6},"charged_usd":0.25,"status":200,"is_cut":true,"budgets":[{"scope":"user","period":"month","soft_usd":1,"hard_usd":2,"spent_usd":1.25,"resets_at":"2026-01-01T12:00:01.123Z"}]}""");
    }

    [Fact]
    public void Write_WhenTheMemoryWasRebuilt_ShouldSayWhatItHolds()
    {
        Encode(new AgentSessionChanged(Guid.Empty, new RebuiltMemory(3, IsShortened: true))).Data()
            .ShouldBeJson("""{"agent_session_id":"00000000-0000-0000-0000-000000000000","rebuilt":true,"turn_count":3,"is_shortened":true}""");
    }

    [Fact]
    public void Write_WhenASessionIsAFork_ShouldSayWhereItComesFrom()
    {
        var data = Encode(new SessionCreated(Settings, new ForkOrigin(Id.Value, 42))).Data();

        data.GetProperty("forked_from").GetString().ShouldBe(Id.ToString());
        data.GetProperty("forked_at_seq").GetInt64().ShouldBe(42);
    }

    [Fact]
    public void Write_WhenAnAnswerIsComplete_ShouldCarryAllOfIt()
    {
        var frame = Encode(new AssistantText("a1", "Hello", IsPartial: true, null));

        frame.GetProperty("content").GetString().ShouldBe("Hello");
        Data(frame).ShouldBe("""{"message_id":"a1","is_complete":true,"is_partial":true}""");
    }

    [Fact]
    public void Write_WhenPermissionIsAsked_ShouldCarryTheInputExactly() =>
        Data(Encode(Events.OfType<PermissionRequested>().Single())).ShouldBe(
            """{"request_id":"p1","tool_name":"Bash","input":{"command":"echo \"hi\" > x"},"description":"why","tool_use_id":"toolu_1","blocked_path":"/workspace/x","suggested_rules":["Bash(echo)"],"suggested_mode":"acceptEdits","expires_at":"2026-01-01T12:00:01.123Z"}""");

    [Fact]
    public void Write_WhenAConfigurationIsToBeReviewed_ShouldShowAllOfIt() =>
        Data(Encode(new ConfigurationReviewRequested(Configuration))).ShouldBe(
            """{"digest":"d1","hooks":[{"event":"PreToolUse","matcher":"Bash","command":"touch x","args":["y"],"if":"Bash(ls)","timeout_seconds":1.5,"once":true,"async":false}],"environment":{"A":"1"},"mcp_servers":[{"name":"s","type":"stdio","command":"run","args":["a"],"env":{"B":"2"}},{"name":"h","type":"http","url":"http://h/","headers":{"X":"3"}}],"instructions":[{"path":"CLAUDE.md","text":"Be kind."}],"ignored":[{"path":".mcp.json","name":"env.HOME","reason":"No."}]}""");

    [Fact]
    public void Write_WhenATurnIsCompleted_ShouldCarryUsageAndCost() =>
        Data(Encode(Events.OfType<TurnCompleted>().Single())).ShouldBe(
            """{"turn_id":1,"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":4},"cost_usd":0.25,"duration_ms":1500}""");

    [Theory]
    [InlineData(false, "claude_response")]
    [InlineData(true, "claude_thinking")]
    public void Write_WhenItIsADelta_ShouldHaveNoSeq(bool isThinking, string type)
    {
        var frame = Encode(new FeedItem.Delta("a1", 12, "Hel\"lo\n"u8.ToArray(), isThinking));

        frame.GetRawText().ShouldBe(
            $$$"""{"type":"{{{type}}}","session_id":"{{{Id}}}","content":"Hel\"lo\n","timestamp":"2026-01-01T12:00:01.123Z","data":{"message_id":"a1","chunk_index":12,"is_complete":false}}""");
    }

    [Fact]
    public void Write_WhenTheTextChanges_ShouldCarryTheNewId()
    {
        Encode(new FeedItem.Delta("a1", 0, "x"u8.ToArray(), false));

        var frame = Encode(new FeedItem.Delta("a\"2", 0, "x"u8.ToArray(), false));

        frame.GetProperty("data").GetProperty("message_id").GetString().ShouldBe("a\"2");
    }

    [Fact]
    public void Write_WhenADeltaIsNotUtf8_ShouldStillWriteAFrameThatIs()
    {
        var frame = Encode(new FeedItem.Delta("a1", 0, new byte[] { 0x61, 0xE2, 0x82 }, false));

        frame.GetProperty("content").GetString().ShouldBe("a\uFFFD");
    }

    [Property(MaxTest = 300)]
    public void Write_WhateverADeltaSays_ShouldReadBackTheSame(string? text, ushort index)
    {
        text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? ""));

        var frame = Encode(new FeedItem.Delta("a1", index, Encoding.UTF8.GetBytes(text), false));

        frame.GetProperty("content").GetString().ShouldBe(text);
        frame.GetProperty("data").GetProperty("chunk_index").GetInt32().ShouldBe(index);
    }

    [Fact]
    public void Write_WhenItIsADelta_ShouldEscapeEveryControlCharacter()
    {
        var text = string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c)) + "\"\\/\u007f\u2028é😀";

        var frame = Encode(new FeedItem.Delta("a1", 0, Encoding.UTF8.GetBytes(text), false));

        frame.GetProperty("content").GetString().ShouldBe(text);
    }

    [Fact]
    public void Write_WhenItIsEphemeral_ShouldHaveNoSeq()
    {
        FeedItem[] items =
        [
            new FeedItem.DeltaDiscarded("a1", false),
            new FeedItem.Progress(new AgentEvent.ToolProgress("t1", null, "started", "Searches")),
            new FeedItem.Notice("api_retry", "The API is busy."),
        ];

        var frames = items.Select(Encode).ToList();

        frames.Select(f => f.GetProperty("type").GetString()).ShouldBe(["message_discarded", "tool_progress", "server_notice"]);
        frames.ShouldAllBe(f => !f.GetRawText().Contains("\"seq\"", StringComparison.Ordinal));
    }

    private static string Data(JsonElement frame) => frame.GetProperty("data").GetRawText();

    private JsonElement Encode(SessionEvent sessionEvent) => Encode(new FeedItem.Durable(new StoredEvent(7, Now, sessionEvent)));

    private JsonElement Encode(FeedItem item)
    {
        var output = new ArrayBufferWriter<byte>();
        _encoder.Write(output, item);
        return JsonDocument.Parse(output.WrittenMemory).RootElement;
    }
}
