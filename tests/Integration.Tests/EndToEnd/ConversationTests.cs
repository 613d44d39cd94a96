using System.Text.Json;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>The main job: a person talks to the real Claude Code over the WebSocket.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class ConversationTests
{
    [SkippableFact]
    public async Task DemoModel_ShouldGoFromTextThroughPermissionToAFile()
    {
        ClaudeCodeBinary.Require();
        await using var server = await ServerUnderTest.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "write hello.txt");
        var request = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = request.Data().GetProperty("request_id").GetString(), decision = "allow" });
        var completed = await client.ReceiveAsync("turn_completed");
        var file = await client.AskAsync("file_download", new { filename = "hello.txt", encoding = "utf-8" });

        client.Received.ShouldContain(f => f.IsDelta());
        client.Received.ShouldContain(f => f.Type() == "tool_use" && f.Data().GetProperty("name").GetString() == "Write");
        request.Data().GetProperty("tool_name").GetString().ShouldBe("Write");
        completed.Data().GetProperty("stop_reason").GetString().ShouldBe("end_turn");
        file.Data().GetProperty("content").GetString().ShouldNotBeNullOrEmpty();
        client.Received.Seqs().ShouldBe(Enumerable.Range(1, client.Received.Seqs().Count).Select(i => (long)i));
    }

    [SkippableFact]
    public async Task Answer_ShouldComeAsDeltasThenWhole_WithUsageAndCost()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.Text("Hello there, dear user"));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "hello");
        var completed = await client.ReceiveAsync("turn_completed");

        var deltas = client.Received.Where(f => f.IsDelta()).ToList();
        deltas.Select(d => d.Data().GetProperty("chunk_index").GetInt32()).ShouldBe(Enumerable.Range(0, deltas.Count));
        deltas.Any(d => d.TryGetProperty("seq", out _)).ShouldBeFalse();
        string.Concat(deltas.Select(d => d.GetProperty("content").GetString())).ShouldBe("Hello there, dear user");
        var whole = client.Received.Single(f => f.IsWholeText());
        whole.GetProperty("content").GetString().ShouldBe("Hello there, dear user");
        whole.GetProperty("session_id").GetString().ShouldBe(session);
        whole.Data().GetProperty("message_id").GetString().ShouldBe(deltas[0].Data().GetProperty("message_id").GetString());
        completed.Data().GetProperty("usage").GetProperty("output_tokens").GetInt64().ShouldBeGreaterThan(0);
        completed.Data().GetProperty("cost_usd").GetDecimal().ShouldBeGreaterThan(0);
        completed.Data().GetProperty("duration_ms").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
    }

    [SkippableFact]
    public async Task Permission_WhenDenied_ShouldTellClaudeAndLeaveNoFile()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.ToolUse("Bash", new { command = "touch denied.txt", description = "make file" }), Reply.Text("As you wish."));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "touch it");
        var request = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = request.Data().GetProperty("request_id").GetString(), decision = "deny", message = "Not that one." });
        var result = await client.ReceiveAsync("tool_result");
        await client.ReceiveAsync("turn_completed");

        request.Data().GetProperty("input").GetProperty("command").GetString().ShouldBe("touch denied.txt");
        result.Data().GetProperty("is_error").GetBoolean().ShouldBeTrue();
        result.GetRawText().ShouldContain("Not that one.");
        (await client.AskAsync("file_list")).Data().GetProperty("files").GetArrayLength().ShouldBe(0);
    }

    [SkippableFact]
    public async Task Interrupt_InMidAnswer_ShouldEndTheTurnAndKeepWhatWasSaid()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        var gate = new Gate();
        api.Enqueue(Reply.Text("one two three four").HeldAt(gate, 2), Reply.Text("Still here."));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "count");
        await client.ReceiveAsync(f => f.IsDelta() && f.Data().GetProperty("chunk_index").GetInt32() == 1, "the frame");
        await client.AskAsync("session_control", new { action = "interrupt" });
        var completed = await client.ReceiveAsync("turn_completed");
        gate.Open();
        await client.AskAsync("chat_message", content: "still there?");
        var next = await client.ReceiveAsync("turn_completed");

        completed.Data().GetProperty("stop_reason").GetString().ShouldBe("interrupted");
        client.Received.ShouldContain(f => f.IsWholeText() && f.GetProperty("content").GetString()!.StartsWith("one two", StringComparison.Ordinal));
        next.Data().GetProperty("stop_reason").GetString().ShouldBe("end_turn");
    }

    [SkippableTheory]
    [InlineData(401, null, "CLAUDE_001")]
    [InlineData(400, null, "CLAUDE_002")]
    [InlineData(403, null, "CLAUDE_006")]
    [InlineData(400, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.", "CLAUDE_007")]
    public async Task ApiError_ShouldBeToldAndTheSessionLives(int status, string? message, string code)
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Error(status, message);
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "hello");
        var error = await client.ReceiveAsync("session_error");
        await client.ReceiveAsync("turn_completed");
        api.Otherwise = _ => Reply.Text("Better now.");
        await client.AskAsync("chat_message", content: "again");
        var completed = await client.ReceiveAsync("turn_completed");

        error.Data().GetProperty("code").GetString().ShouldBe(code);
        completed.Data().GetProperty("stop_reason").GetString().ShouldBe("end_turn");
    }

    [SkippableTheory]
    [InlineData(429)]
    [InlineData(529)]
    public async Task ApiOverload_ShouldBeNoticedAndRetried(int status)
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.Error(status, retryAfter: TimeSpan.FromSeconds(1)), Reply.Text("Made it."));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "hello");
        var notice = await client.ReceiveAsync("server_notice");
        var completed = await client.ReceiveAsync("turn_completed");

        notice.Data().GetProperty("reason").GetString().ShouldBe("api_retry");
        completed.Data().GetProperty("stop_reason").GetString().ShouldBe("end_turn");
        JsonSerializer.Serialize(client.Received).ShouldContain("Made it.");
    }
}
