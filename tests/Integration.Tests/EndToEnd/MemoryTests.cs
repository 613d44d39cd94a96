using System.Text.Json;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>What the real Claude Code remembers when its own transcript is gone, forked or taken back.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class MemoryTests
{
    [SkippableFact]
    public async Task TranscriptGoneWhileAsleep_ShouldBeRebuiltFromTheHistory()
    {
        await using var scene = await Scene.MakeAsync();
        scene.Api.Enqueue(Reply.Text("Looking.").Then(Reply.ToolUse("Bash", new { command = "echo out-of-bash", description = "say" })), Reply.Text("Noted."));
        await scene.SayAsync("the codeword is banana");
        await scene.Client.AskAsync("session_control", new { action = "hibernate" });
        File.Delete(scene.Transcript());

        scene.Api.Enqueue(Reply.Text("It is banana."));
        await scene.SayAsync("what was it?");

        var rebuilt = await scene.Client.ReceiveAsync(f => f.Type() == "agent_session" && f.Data().TryGetProperty("rebuilt", out _), "word of the rebuilt memory");
        rebuilt.Data().GetProperty("turn_count").GetInt32().ShouldBe(1);
        scene.Said().ShouldBe(["user: the codeword is banana", "assistant: Looking.", "tool_use: Bash", "tool_result: out-of-bash", "assistant: Noted.", "user: what was it?"]);
        scene.Client.Received.ShouldNotContain(f => f.Type() == "session_error");
    }

    [SkippableFact]
    public async Task TranscriptDamagedWhileAsleep_ShouldBeRebuiltFromTheHistory()
    {
        await using var scene = await Scene.MakeAsync();
        scene.Api.Enqueue(Reply.Text("Noted."));
        await scene.SayAsync("the codeword is banana");
        await scene.Client.AskAsync("session_control", new { action = "hibernate" });
        File.WriteAllText(scene.Transcript(), "{\"type\":\"user\",\"mess");

        scene.Api.Enqueue(Reply.Text("It is banana."));
        await scene.SayAsync("what was it?");

        scene.Said().ShouldBe(["user: the codeword is banana", "assistant: Noted.", "user: what was it?"]);
    }

    [SkippableFact]
    public async Task KilledInItsVeryFirstTurn_ShouldRememberTheMessage()
    {
        await using var scene = await Scene.MakeAsync();
        var gate = new Gate();
        scene.Api.Enqueue(Reply.Text("one two three").HeldAt(gate, 1));
        await scene.Client.AskAsync("chat_message", content: "the codeword is banana");
        await scene.Client.ReceiveAsync(f => f.IsDelta(), "a piece of the answer");
        AgentProcesses.KillClaude(scene.Session);
        await scene.Client.ReceiveAsync("session_error");
        await scene.Client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "hibernated", "the end");
        gate.Open();
        foreach (var transcript in scene.Transcripts())
        {
            File.Delete(transcript);
        }

        scene.Api.Enqueue(Reply.Text("It is banana."));
        await scene.SayAsync("what was it?");

        scene.Said()[0].ShouldBe("user: the codeword is banana");
        scene.Said()[^1].ShouldBe("user: what was it?");
    }

    [SkippableFact]
    public async Task Fork_ShouldRememberUpToThePointAndHaveFilesOfItsOwn()
    {
        await using var scene = await Scene.MakeAsync();
        scene.Api.Enqueue(Reply.Text("Noted."), Reply.Text("Changed."));
        await scene.Client.AskAsync("file_upload", new { filename = "shared.txt", content = "before" });
        await scene.SayAsync("the codeword is banana");
        var point = scene.Client.Received.Seqs()[^1];
        await scene.SayAsync("the codeword is cherry");

        var forked = await scene.Client.AskAsync("session_control", new { action = "fork", at_seq = point });
        var fork = forked.Text("session_id")!;
        await scene.Client.AskAsync("file_upload", new { filename = "shared.txt", content = "changed", overwrite = true }, session: fork);
        scene.Api.Enqueue(Reply.Text("It is banana."));
        await scene.SayAsync("what was it?", fork);

        forked.Type().ShouldBe("session_created", forked.ToString());
        forked.Text("forked_from").ShouldBe(scene.Session);
        scene.Said().ShouldBe(["user: the codeword is banana", "assistant: Noted.", "user: what was it?"]);
        (await scene.Client.AskAsync("file_download", new { filename = "shared.txt" }, session: scene.Session)).Text("content").ShouldBe("before");
        (await scene.Client.AskAsync("file_download", new { filename = "shared.txt" }, session: fork)).Text("content").ShouldBe("changed");
    }

    [SkippableFact]
    public async Task TakeBack_ShouldForgetTurnsAndRestoreFilesStepByStep()
    {
        await using var scene = await Scene.MakeAsync(mode: "acceptEdits");
        scene.Api.Enqueue(Write("a.txt", "one"), Reply.Text("First."));
        await scene.SayAsync("write one");
        scene.Api.Enqueue(Write("b.txt", "new"), Write("a.txt", "two"), Reply.Text("Second."));
        await scene.SayAsync("write two");
        scene.Api.Enqueue(Write("a.txt", "three"), Reply.Text("Third."));
        await scene.SayAsync("write three");

        await scene.TakeBackAsync(turn: 3);
        (await scene.FileAsync("a.txt")).ShouldBe("two");
        var second = await scene.TakeBackAsync(turn: 2);
        (await scene.FileAsync("a.txt")).ShouldBe("one");
        (await scene.FileAsync("b.txt")).ShouldBeNull();
        scene.Api.Enqueue(Reply.Text("One."));
        await scene.SayAsync("what did I ask?");

        second.Text("files").ShouldBe("restored");
        second.Data().GetProperty("changed_files").EnumerateArray().Select(file => file.GetString()).ShouldBe(["a.txt", "b.txt"], ignoreOrder: true);
        scene.Said().ShouldNotContain(line => line.Contains("write two", StringComparison.Ordinal) || line.Contains("write three", StringComparison.Ordinal));
        scene.Said()[0].ShouldBe("user: write one");
        scene.Said()[^1].ShouldBe("user: what did I ask?");
        scene.Client.Received.Last(f => f.Type() == "turn_started").Data().GetProperty("turn_id").GetInt64().ShouldBe(4);
        scene.Client.Received.Seqs().ShouldBe(Enumerable.Range(1, scene.Client.Received.Seqs().Count).Select(i => (long)i));
    }

    [SkippableFact]
    public async Task TakeBack_WhenItWasTheOnlyTurn_ShouldBeginAnew()
    {
        await using var scene = await Scene.MakeAsync();
        scene.Api.Enqueue(Reply.Text("Noted."));
        await scene.SayAsync("the codeword is banana");

        await scene.TakeBackAsync(turn: 1);
        scene.Api.Enqueue(Reply.Text("What was what?"));
        await scene.SayAsync("what was it?");

        scene.Said().ShouldBe(["user: what was it?"]);
    }

    private static Reply Write(string name, string content) => Reply.ToolUse("Write", new { file_path = name, content });

    private sealed class Scene(ScriptedMessagesApi api, ServerUnderTest server, TestClient client, string session) : IAsyncDisposable
    {
        public ScriptedMessagesApi Api => api;

        public TestClient Client => client;

        public string Session => session;

        public static async Task<Scene> MakeAsync(string mode = "bypassPermissions")
        {
            ClaudeCodeBinary.Require();
            var api = await ScriptedMessagesApi.StartAsync();
            var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
            {
                ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
                ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N"),
            });
            var client = await server.ConnectAsync();
            var created = await client.AskAsync("create_session", new { name = "Test", permission_mode = mode });
            if (created.Type() == "error")
            {
                // Without a sandbox there is no bypassing; these turns ask nothing that needs it but a Bash, which is read-only.
                created = await client.AskAsync("create_session", new { name = "Test", permission_mode = "acceptEdits" });
            }

            return new Scene(api, server, client, created.Text("session_id")!);
        }

        /// <summary>A whole turn.</summary>
        public async Task SayAsync(string text, string? to = null)
        {
            var accepted = await client.AskAsync("chat_message", session: to ?? session, content: text);
            accepted.Type().ShouldBe("chat_accepted", accepted.ToString());
            var message = accepted.Text("message_id");
            var started = await client.ReceiveAsync(f => f.Type() == "turn_started" && f.Text("message_id") == message, "the turn");
            await client.ReceiveAsync(
                f => f.Type() == "turn_completed" && f.Session() == (to ?? session) && f.Seq() > started.Seq(), "the turn's end");
        }

        public async Task<JsonElement> TakeBackAsync(long turn)
        {
            var done = await client.AskAsync("session_control", new { action = "take_back", turn_id = turn }, session: session);
            done.Type().ShouldBe("session_status", done.ToString());
            return await client.ReceiveAsync(f => f.Type() == "conversation_rewound" && f.Data().GetProperty("turn_id").GetInt64() == turn, "word of the take-back");
        }

        public async Task<string?> FileAsync(string name)
        {
            var answer = await client.AskAsync("file_download", new { filename = name }, session: session);
            return answer.Type() == "error" ? null : answer.Text("content");
        }

        public string Transcript() => Transcripts().ShouldHaveSingleItem();

        public string[] Transcripts() =>
            Directory.GetFiles(Path.Combine(server.DataPath, "data", "homes", session), "*.jsonl", SearchOption.AllDirectories);

        /// <summary>What the last request held of the conversation, without what Claude Code adds of its own.</summary>
        public IReadOnlyList<string> Said() =>
        [
            .. api.Conversation[^1].Body.GetProperty("messages").EnumerateArray()
                .Where(message => message.GetProperty("role").GetString() != "system")
                .SelectMany(message => Parts(message.GetProperty("role").GetString()!, message.GetProperty("content")))
                .Where(part => !part.Contains("<system-reminder>", StringComparison.Ordinal)),
        ];

        public async ValueTask DisposeAsync()
        {
            await client.DisposeAsync();
            await server.DisposeAsync();
            await api.DisposeAsync();
        }

        private static IEnumerable<string> Parts(string role, JsonElement content) => content.ValueKind == JsonValueKind.String
            ? [$"{role}: {content.GetString()}"]
            : content.EnumerateArray().Select(block => block.GetProperty("type").GetString() switch
            {
                "text" => $"{role}: {block.GetProperty("text").GetString()!.Trim()}",
                "tool_use" => $"tool_use: {block.GetProperty("name").GetString()}",
                "tool_result" => $"tool_result: {block.GetProperty("content")}".Trim(),
                var other => $"{role}: {other}",
            });
    }
}
