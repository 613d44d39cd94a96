using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class AgentFrameTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Queries_ShouldBeAnsweredByTheAgent()
    {
        await using var client = await _server.ConnectAsync();
        await client.AskAsync("create_session", new { mcp_servers = new { tiny = new { command = "run" } } });
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "idle", "an idle session");

        var usage = await client.AskAsync("context_usage");
        var commands = await client.AskAsync("slash_commands");
        var servers = await client.AskAsync("mcp_toggle", new { server = "tiny", enabled = false });

        usage.Data().GetRawText().ShouldBe(
            """{"model":"fake","total_tokens":10,"max_tokens":100,"percentage":10,"auto_compact_tokens":90,"categories":[{"name":"messages","tokens":10}]}""");
        commands.Data().GetRawText().ShouldBe("""{"commands":[{"name":"compact","description":"Sums up","argument_hint":"[instructions]"}]}""");
        servers.Data().GetRawText().ShouldBe("""{"servers":[{"name":"tiny","status":"connected","tools":["echo"]}]}""");
    }

    [Fact]
    public async Task Configuration_WhenReviewed_ShouldBeToldToAll()
    {
        await using var client = await _server.ConnectAsync();
        await using var other = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await other.AskAsync("attach_session", session: session);
        await client.AskAsync("file_upload", new { filename = "CLAUDE.md", content = "Be kind." });
        var review = await other.ReceiveAsync("configuration_review");

        var answer = await client.AskAsync("configuration_response", new { digest = review.Text("digest"), decision = "reject" });
        var told = await other.ReceiveAsync("configuration_reviewed");
        var attached = await other.AskAsync("attach_session", session: session);

        answer.Type().ShouldBe("configuration_reviewed");
        (told.Seq().HasValue, told.Text("decision")).ShouldBe((true, "rejected"));
        attached.Data().GetProperty("configuration_review").GetProperty("decision").GetString().ShouldBe("rejected");
    }

    [Theory]
    [InlineData("configuration_response", """{"digest":"x","decision":"perhaps"}""", "WS_005")]
    [InlineData("configuration_response", """{"digest":"","decision":"approve"}""", "WS_005")]
    [InlineData("configuration_response", """{"digest":"x","decision":"approve"}""", "SESSION_020")]
    [InlineData("mcp_toggle", """{"server":"tiny"}""", "WS_005")]
    [InlineData("mcp_toggle", """{"enabled":true}""", "WS_005")]
    [InlineData("mcp_reconnect", "{}", "WS_005")]
    [InlineData("mcp_reconnect", """{"server":"nobody"}""", "SESSION_013")]
    [InlineData("session_control", """{"action":"set_thinking_budget","max_thinking_tokens":5}""", "WS_005")]
    [InlineData("session_control", """{"action":"set_mcp_servers","mcp_servers":{"a b":{"command":"x"}}}""", "WS_005")]
    [InlineData("session_control", """{"action":"set_mcp_servers","mcp_servers":{"a":{"type":"ws","url":"ws://x"}}}""", "WS_005")]
    [InlineData("create_session", """{"mcp_servers":{"a":null}}""", "WS_005")]
    [InlineData("create_session", """{"mcp_servers":{"a":{"command":"x","args":[null,"\u0000"]}}}""", "WS_005")]
    [InlineData("create_session", """{"max_thinking_tokens":-1}""", "WS_005")]
    public async Task Frame_WhenItCannotBe_ShouldBeRefused(string type, string data, string code)
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "idle", "an idle session");

        await client.SendTextAsync($$$"""{"type":"{{{type}}}","id":"bad","data":{{{data}}} }""");

        (await client.ReceiveAsync(f => f.ReplyTo() == "bad", "an answer")).Code().ShouldBe(code);
    }
}
