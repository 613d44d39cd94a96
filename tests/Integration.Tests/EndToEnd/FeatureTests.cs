using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>MCP servers, thinking, context usage and slash commands, as a client of the protocol gets them from the real Claude Code.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class FeatureTests
{
    [SkippableFact]
    public async Task McpServers_WhenGivenWithTheSession_ShouldWorkAndLeaveTheirSecretsNowhere()
    {
        ClaudeCodeBinary.Require();
        var secret = $"s{Guid.NewGuid():N}";
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.ToolUse("mcp__tiny__echo", new { text = "hello" }), Reply.Text("done"));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        var created = await client.AskAsync("create_session", new
        {
            mcp_servers = new { tiny = new { command = TinyMcpServer.Command, args = TinyMcpServer.Args($": {secret}"), env = new { TINY = "v4lue", KEY = secret } } },
        });
        await IdleAsync(client);

        await client.AskAsync("chat_message", content: "echo");
        var request = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = request.Text("request_id"), decision = "allow" });
        var result = await client.ReceiveAsync("tool_result");
        await client.ReceiveAsync("turn_completed");
        var status = await client.AskAsync("mcp_status");
        var off = await client.AskAsync("mcp_toggle", new { server = "tiny", enabled = false });
        var again = await client.AskAsync("mcp_reconnect", new { server = "tiny" });
        var nobody = await client.AskAsync("mcp_reconnect", new { server = "nobody" });
        await client.AskAsync("list_sessions");
        await client.AskAsync("session_history");
        await server.StopAsync();

        created.Type().ShouldBe("session_created", created.ToString());
        request.Text("tool_name").ShouldBe("mcp__tiny__echo");
        result.GetRawText().ShouldContain("echo hello v4lue");
        status.Data().GetProperty("servers")[0].ShouldSatisfyAllConditions(
            s => s.GetProperty("name").GetString().ShouldBe("tiny"),
            s => s.GetProperty("status").GetString().ShouldBe("connected"),
            s => s.GetProperty("tools")[0].GetString().ShouldBe("echo"));
        off.Data().GetProperty("servers")[0].GetProperty("status").GetString().ShouldBe("disabled");
        again.Data().GetProperty("servers")[0].GetProperty("status").GetString().ShouldBe("connected");
        nobody.Code().ShouldBe("SESSION_013");
        client.Received.ShouldContain(f => f.Type() == "session_settings" && f.Data().GetProperty("mcp_servers")[0].GetString() == "tiny");
        client.Received.ShouldAllBe(f => !f.GetRawText().Contains(secret));
        server.Output.ShouldNotContain(secret);
        Directory.EnumerateFiles(server.DataPath, "*.db*", SearchOption.AllDirectories).ShouldNotBeEmpty();
        foreach (var file in Directory.EnumerateFiles(server.DataPath, "*", SearchOption.AllDirectories))
        {
            (await File.ReadAllTextAsync(file)).ShouldNotContain(secret, Case.Sensitive, file);
        }
    }

    [SkippableFact]
    public async Task McpServers_WhenTheServerRestarts_ShouldBeMissingUntilGivenAgain()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        object servers = new { tiny = new { command = TinyMcpServer.Command, args = TinyMcpServer.Args() } };
        string session;
        await using (var before = await server.ConnectAsync())
        {
            session = (await before.AskAsync("create_session", new { mcp_servers = servers })).Text("session_id")!;
            await IdleAsync(before);
        }

        await server.StopAsync();
        await server.StartProcessAsync();
        await using var client = await server.ConnectAsync();
        var attached = await client.AskAsync("attach_session", session: session);
        var notice = await client.ReceiveAsync("server_notice");
        await IdleAsync(client, attached.Data().GetProperty("last_seq").GetInt64());
        var missing = await client.AskAsync("mcp_status");
        var given = await client.AskAsync("session_control", new { action = "set_mcp_servers", mcp_servers = servers });
        await IdleAsync(client, given.Data().GetProperty("last_seq").GetInt64());
        var there = await client.AskAsync("mcp_status");

        notice.Text("reason").ShouldBe("mcp_servers_lost");
        missing.Data().GetProperty("servers")[0].GetProperty("status").GetString().ShouldBe("missing");
        there.Data().GetProperty("servers")[0].GetProperty("status").GetString().ShouldBe("connected");
    }

    [SkippableFact]
    public async Task ThinkingContextAndSlashCommands_ShouldWorkOverTheProtocolAndSurviveHibernation()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Text("ok");
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.AskAsync("create_session", new { model = "claude-haiku-4-5", max_thinking_tokens = 0, append_system_prompt = "Answer in rhymes." });
        await IdleAsync(client);

        var commands = await client.AskAsync("slash_commands");
        await ChatAsync(client, "before clear");
        var usage = await client.AskAsync("context_usage");
        await ChatAsync(client, "/clear");
        await client.AskAsync("session_control", new { action = "set_thinking_budget", max_thinking_tokens = 3_000 });
        await ChatAsync(client, "after clear");
        await client.AskAsync("session_control", new { action = "hibernate" });
        var asleep = await client.AskAsync("context_usage");
        await ChatAsync(client, "after sleep");

        commands.Data().GetProperty("commands").EnumerateArray()
            .Single(c => c.GetProperty("name").GetString() == "compact").GetProperty("argument_hint").GetString().ShouldNotBeNullOrEmpty();
        usage.Data().GetProperty("total_tokens").GetInt64().ShouldBeGreaterThan(0);
        usage.Data().GetProperty("categories").GetArrayLength().ShouldBeGreaterThan(0);
        asleep.Code().ShouldBe("SESSION_021");
        client.Received.Where(f => f.Type() == "agent_session").Select(f => f.Text("agent_session_id")).Distinct().Count().ShouldBe(2);
        var asked = api.Conversation.ToList();
        asked[0].Body.GetProperty("thinking").GetProperty("type").GetString().ShouldBe("disabled");
        asked[^1].Body.GetProperty("thinking").GetProperty("budget_tokens").GetInt32().ShouldBe(3_000);
        asked[^1].Body.GetProperty("system").GetRawText().ShouldContain("Answer in rhymes.");
        asked[^1].BodyText.ShouldContain("after clear");
        asked[^1].BodyText.ShouldNotContain("before clear");
    }

    private static async Task ChatAsync(TestClient client, string text)
    {
        var accepted = await client.AskAsync("chat_message", content: text);
        accepted.Type().ShouldBe("chat_accepted", accepted.ToString());
        await client.ReceiveAsync("turn_completed");
    }

    private static async Task IdleAsync(TestClient client, long after = 0) =>
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "idle" && f.Seq() > after, "an idle session");
}
