using System.Net.Http.Headers;
using System.Text.Json;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>Money, with the real Claude Code: counted from the API's own figures, and not spent beyond a budget.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class BudgetTests
{
    [SkippableFact]
    public async Task Usage_ShouldBeWhatTheApiSaid()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.Text("Hello there, dear user"));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.AskAsync("create_session", new { name = "x", model = "claude-sonnet-4-5" });

        await client.AskAsync("chat_message", content: "hello");
        var updated = await client.ReceiveAsync("usage_updated");
        var completed = await client.ReceiveAsync("turn_completed");
        var asked = await client.AskAsync("usage", new { group_by = "model" });

        var request = api.Conversation.ShouldHaveSingleItem();
        var (input, output) = (request.BodyText.Length / 4, "Hello there, dear user".Length / 4);
        updated.Data().GetProperty("usage").GetProperty("input_tokens").GetInt64().ShouldBe(input);
        updated.Data().GetProperty("usage").GetProperty("output_tokens").GetInt64().ShouldBe(output);
        var cost = ((input * 3m) + (output * 15m)) / 1_000_000;
        updated.Data().GetProperty("cost_usd").GetDecimal().ShouldBe(cost);

        // Claude Code reckons in binary fractions.
        completed.Data().GetProperty("cost_usd").GetDecimal().ShouldBe(cost, 0.000001m);
        asked.Data().GetProperty("groups")[0].GetProperty("key").GetString().ShouldBe("claude-sonnet-4-5");
        asked.Data().GetProperty("total").GetProperty("cost_usd").GetDecimal().ShouldBe(cost);
    }

    [SkippableFact]
    public async Task HardBudget_ShouldPauseWithinATurnAndGoOnWhenRaised()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.ToolUse("Read", new { file_path = "/workspace/none.txt" }), Reply.Text("I went on."), Reply.Text("And this too."));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        var created = await client.AskAsync("create_session", new { name = "x", model = "claude-sonnet-4-5", budget = new { soft_usd = 0.000001, hard_usd = 0.000002 } });
        var session = created.Data().GetProperty("session_id").GetString()!;

        // The first request may begin, since nothing is spent; the second, with the tool's result, may not.
        await client.AskAsync("chat_message", content: "please read");
        var paused = await client.ReceiveAsync("budget_paused");
        await client.ReceiveAsync("turn_suspended");
        var queued = await client.AskAsync("chat_message", content: "one more thing");
        var atPause = api.Conversation.Count;
        await client.AskAsync("session_control", new { action = "set_budget", hard_usd = 5 }, session);

        await client.ReceiveAsync("budget_resumed");
        await client.ReceiveAsync("turn_resumed");
        var first = await client.ReceiveAsync("turn_completed");
        var second = await client.ReceiveAsync("turn_completed");
        client.Received.Count(f => f.Type() == "budget_warning").ShouldBe(1);
        paused.Text("scope").ShouldBe("session");
        paused.Content()!.ShouldContain("budget of this session is spent");
        queued.Data().GetProperty("position").GetInt32().ShouldBe(1);
        atPause.ShouldBe(1);
        first.Text("stop_reason").ShouldBe("end_turn");
        second.Text("stop_reason").ShouldBe("end_turn");
        client.Received.Where(f => f.IsWholeText()).Select(f => f.Content()).ShouldBe(["I went on.", "And this too."]);
        client.Received.ShouldNotContain(f => f.Type() == "session_error");
        client.Received.Seqs().ShouldBe(Enumerable.Range(1, client.Received.Seqs().Count).Select(i => (long)i));
    }

    [SkippableFact]
    public async Task HardBudgetOfAUser_WhenTheServerIsKilled_ShouldHoldAllTheSame()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.Text("That was all."));
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N"),
            ["Claudy__Budgets__UserDayHardUsd"] = "0.000002",
        });
        await using (var client = await server.ConnectAsync())
        {
            await client.CreateSessionAsync();
            await client.AskAsync("chat_message", content: "hello");
            await client.ReceiveAsync("turn_completed");
            await Eventually.IsTrueAsync(async () => await RequestsAsync(server) == 1, "the request was stored");
        }

        await server.KillAsync();
        await server.StartProcessAsync();
        await using var again = await server.ConnectAsync();
        await again.CreateSessionAsync("Another");
        var queued = await again.AskAsync("chat_message", content: "and now?");

        (await again.ReceiveAsync("budget_paused")).Text("scope").ShouldBe("user");
        queued.Data().GetProperty("position").GetInt32().ShouldBe(1);
        api.Conversation.Count.ShouldBe(1);
    }

    [SkippableFact]
    public async Task Model_WhenNotOffered_ShouldBeRefusedEarlyAndAtTheApi()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N"),
            ["Claudy__Broker__AllowedModels__0"] = "claude-sonnet-*",
        });
        await using var client = await server.ConnectAsync();

        var refused = await client.AskAsync("create_session", new { model = "claude-opus-4-8" });
        await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "with the default model, which is another");
        var error = await client.ReceiveAsync("session_error");

        refused.Code().ShouldBe("SESSION_023");
        error.Content()!.ShouldContain("issue with the selected model");
        api.Conversation.ShouldBeEmpty();
    }

    private static async Task<long> RequestsAsync(ServerUnderTest server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.AccessToken);
        var report = JsonDocument.Parse(await http.GetStringAsync("/api/usage")).RootElement;
        return report.GetProperty("total").GetProperty("requests").GetInt64();
    }
}
