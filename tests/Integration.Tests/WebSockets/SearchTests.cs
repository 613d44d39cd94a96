using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

public sealed class SearchTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Search_ShouldFindWhatWasSaidAndDone_TheNewestFirst()
    {
        _server.Agents.Script = async (agent, _) =>
        {
            await agent.EmitAsync(new AgentEvent.ToolUse("t1", "Bash", System.Text.Json.JsonSerializer.SerializeToElement(new { command = "grep Größe src" }), null));
            await agent.SayAsync("a1", "The größe ", "is 42.");
        };
        await using var client = await _server.ConnectAsync();
        var session = await client.CreateSessionAsync("Measures");
        await client.AskAsync("chat_message", content: "What is the Größe?");
        await client.ReceiveAsync("turn_completed");

        var answer = await client.AskAsync("search_history", new { query = "grosse OR \"gröss", limit = 10 });
        var found = (await client.AskAsync("search_history", new { query = "GROß" })).Data();

        answer.Type().ShouldBe("search_results");
        answer.Data().GetProperty("results").GetArrayLength().ShouldBe(0);
        var results = found.GetProperty("results").EnumerateArray().ToList();
        results.Select(r => r.GetProperty("type").GetString()).ShouldBe(["claude_response", "tool_use", "user_message"]);
        results.ShouldAllBe(r => r.GetProperty("session_id").GetString() == session && r.GetProperty("session_name").GetString() == "Measures");
        results[0].GetProperty("snippet").EnumerateArray().Select(p => (p.GetProperty("text").GetString(), p.GetProperty("match").GetBoolean()))
            .ShouldBe([("The ", false), ("größe", true), (" is 42.", false)]);
        var history = (await client.AskAsync("session_history", session: session)).Data().GetProperty("events").EnumerateArray();
        history.Single(e => e.Seq() == results[0].GetProperty("seq").GetInt64()).Content().ShouldBe("The größe is 42.");
        found.TryGetProperty("next_cursor", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Search_WhenThereAreMore_ShouldGoOnFromTheCursor()
    {
        await using var client = await _server.ConnectAsync();
        await client.CreateSessionAsync();
        foreach (var i in Enumerable.Range(1, 3))
        {
            await client.AskAsync("chat_message", content: $"word {i}");
            await client.ReceiveAsync("turn_completed");
        }

        var first = (await client.AskAsync("search_history", new { query = "word", limit = 2 })).Data();
        var second = (await client.AskAsync("search_history", new { query = "word", limit = 2, cursor = first.GetProperty("next_cursor").GetString() })).Data();

        first.GetProperty("results").GetArrayLength().ShouldBe(2);
        second.GetProperty("results").GetArrayLength().ShouldBe(1);
        second.TryGetProperty("next_cursor", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Search_ShouldNeverShowOtherUsersTexts()
    {
        await using var alice = await _server.ConnectAsync("alice");
        var session = await alice.CreateSessionAsync();
        await alice.AskAsync("chat_message", content: "confidential");
        await alice.ReceiveAsync("turn_completed");
        await using var bob = await _server.ConnectAsync("bob");

        (await bob.AskAsync("search_history", new { query = "confidential" })).Data().GetProperty("results").GetArrayLength().ShouldBe(0);
        (await bob.AskAsync("search_history", new { query = "confidential" }, session)).Code().ShouldBe("SESSION_002");
        (await alice.AskAsync("search_history", new { query = "confidential" }, session)).Data().GetProperty("results").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Search_WhenAFieldIsWrong_ShouldNameIt()
    {
        await using var client = await _server.ConnectAsync();

        await ShouldBeRefusedAsync(client, new { }, "query");
        await ShouldBeRefusedAsync(client, new { query = "\"*" }, "query");
        await ShouldBeRefusedAsync(client, new { query = 7 }, "query");
        await ShouldBeRefusedAsync(client, new { query = "word", limit = 0 }, "limit");
        await ShouldBeRefusedAsync(client, new { query = "word", limit = "many" }, "limit");
        await ShouldBeRefusedAsync(client, new { query = "word", cursor = "1_2_3" }, "cursor");
        (await client.AskAsync("search_history", new { query = "word" }, "no-uuid")).Code().ShouldBe("WS_005");
    }

    private static async Task ShouldBeRefusedAsync(TestClient client, object data, string field)
    {
        var refused = await client.AskAsync("search_history", data);
        refused.Code().ShouldBe("WS_005", data.ToString());
        refused.Data().GetProperty("details").GetProperty("field").GetString().ShouldBe(field);
    }
}
