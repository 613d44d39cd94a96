using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>What clients see of a workspace between turns.</summary>
public sealed class WorkspaceDiffTests
{
    [Fact]
    public async Task Diff_ShouldShowWhatATurnChanged_NowAndLater()
    {
        await using var server = await ClaudyServer.StartAsync();
        server.Agents.Script = async (agent, message) =>
        {
            await agent.EmitAsync(new AgentEvent.TurnStarted(agent.Launch.SessionId.Value, "fake", null));
            await File.WriteAllTextAsync(Path.Combine(agent.Launch.WorkspacePath, "a.txt"), $"{message.Text}\n");
            await agent.SayAsync("a1", "Done.");
        };
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        (await client.AskAsync("workspace_diff")).Code().ShouldBe("FILE_016");

        await client.AskAsync("chat_message", content: "one");
        var first = await client.ReceiveAsync("turn_completed");
        await client.AskAsync("chat_message", content: "two");
        var second = await client.ReceiveAsync("turn_completed");
        var newest = await client.AskAsync("workspace_diff", session: session);
        var past = await client.AskAsync("workspace_diff", new { since_seq = 1000, until_seq = 1000 });
        var whole = await client.AskAsync("workspace_diff", new { since_seq = Seq(first), until_seq = Seq(second) });

        newest.Type().ShouldBe("workspace_diff");
        newest.Data().GetProperty("since_seq").GetInt64().ShouldBeGreaterThan(Seq(first));
        var file = newest.Data().GetProperty("files").EnumerateArray().ShouldHaveSingleItem();
        file.GetProperty("path").GetString().ShouldBe("a.txt");
        file.GetProperty("change").GetString().ShouldBe("modified");
        file.GetProperty("diff").GetString().ShouldBe("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n");
        past.Data().GetProperty("files").GetArrayLength().ShouldBe(0);
        whole.Data().GetProperty("since_seq").GetInt64().ShouldBe(Seq(first));
        whole.Data().GetProperty("until_seq").GetInt64().ShouldBe(Seq(second));
        whole.Data().GetProperty("files").GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(5, 4)]
    public async Task Diff_WhenItMakesNoSense_ShouldBeRefused(int since, int? until)
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        (await client.AskAsync("workspace_diff", new { since_seq = since, until_seq = until })).Code().ShouldBe("WS_005");
    }

    private static long Seq(JsonElement frame) => frame.GetProperty("seq").GetInt64();
}
