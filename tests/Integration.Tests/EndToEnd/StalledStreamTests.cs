using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>The API falls silent in the middle of an answer, which Claude Code itself would not notice for minutes.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class StalledStreamTests
{
    [SkippableFact]
    public async Task Answer_WhenItsStreamStalls_ShouldComeAnewAndWhole()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        var never = new Gate();
        api.Enqueue(Reply.TextChunks("half of ", "it").HeldAt(never, chunk: 1), Reply.Text("all of it"));
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N"),
            ["Claudy__Broker__StallTimeout"] = "00:00:01",
        });
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "hello");
        var piece = await client.ReceiveAsync(frame => frame.IsDelta(), "the first piece");
        var discarded = await client.ReceiveAsync("message_discarded");
        var whole = await client.ReceiveAsync(frame => frame.IsWholeText(), "the whole text");
        var completed = await client.ReceiveAsync("turn_completed");

        discarded.Text("message_id").ShouldBe(piece.Text("message_id"));
        whole.Content().ShouldBe("all of it");
        whole.Text("message_id").ShouldNotBe(piece.Text("message_id"));
        completed.Text("stop_reason").ShouldBe("end_turn");
        server.Output.ShouldContain("was silent for 00:00:01 in the middle of an answer");
    }
}
