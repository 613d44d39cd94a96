using Claudy.Integration.Tests.Delivery;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>The real server dies, or its disk is full, while several clients watch the real Claude Code work.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class FaultTests
{
    private const int Kills = 2;
    private static readonly string LongAnswer = string.Join(' ', Enumerable.Range(0, 400).Select(i => $"word{i}"));

    [SkippableFact]
    public async Task ServerKilledUnderLoad_ShouldShowEveryClientTheSameWholeLog()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Text(LongAnswer);
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N"),
            ["Claudy__Http__MaxConnectionsPerUser"] = "10",
        });
        await using var creator = await server.ConnectAsync();
        var session = await creator.CreateSessionAsync();
        await using var first = new DeliveryClient("first");
        await using var second = new DeliveryClient("second");
        await using var third = new DeliveryClient("third");
        DeliveryClient[] clients = [first, second, third];

        for (var kill = 0; kill < Kills; kill++)
        {
            await ComeAsync(clients, server, session);
            foreach (var client in clients)
            {
                await client.SayAsync(session, $"go on, {kill}");
            }

            // In the midst of an answer, with messages that wait.
            var shown = clients.Sum(client => client.View.Frames);
            await Eventually.IsTrueAsync(() => clients.Sum(client => client.View.Frames) > shown + 300, "the answer is under way");
            await server.KillAsync();
            foreach (var client in clients)
            {
                await client.DropAsync();
            }

            await server.StartProcessAsync();
        }

        await ComeAsync(clients, server, session);
        await Eventually.IsTrueAsync(
            () => clients.All(client => client.IsAnswered && client.View.AnyQueued is null && IsIdle(client) && client.View.LastSeq == first.View.LastSeq),
            "all was answered");

        await using var fresh = new DeliveryClient("fresh");
        await ComeAsync([fresh], server, session);
        await Eventually.IsTrueAsync(() => fresh.View.LastSeq == first.View.LastSeq, "the log was replayed");
        foreach (var client in clients)
        {
            client.View.Failures.ShouldBeEmpty();
            client.View.Events.ShouldBe(fresh.View.Events);
            foreach (var messageId in client.Sent.Values)
            {
                fresh.View.Events.Count(e => e.StartsWith("""{"type":"user_message""", StringComparison.Ordinal) && e.Contains(messageId!, StringComparison.Ordinal)).ShouldBe(1);
            }
        }

        clients.Sum(client => client.View.TextsFromPieces).ShouldBeGreaterThan(0);
    }

    [SkippableFact]
    public async Task DiskFull_ShouldBeToldAndTheSessionGoesOnOnceThereIsRoom()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Otherwise = _ => Reply.Text("Hello there.");
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "before", session: session);
        await client.ReceiveAsync("turn_completed");

        await server.SetDiskFullAsync(true);
        await client.SendAsync(new { type = "chat_message", id = "during", session_id = session, content = "during" });
        var refused = await client.ReceiveAsync("error", "during");
        var creating = await client.AskAsync("create_session");
        await server.SetDiskFullAsync(false);
        await client.SendAsync(new { type = "chat_message", id = "during", session_id = session, content = "during" });
        var accepted = await client.ReceiveAsync("chat_accepted", "during");
        await client.ReceiveAsync(frame => frame.Type() == "turn_completed" && frame.Text("stop_reason") == "end_turn", "the turn's end");

        refused.Code().ShouldBe("SERVER_002");
        refused.Data().GetProperty("retryable").GetBoolean().ShouldBeTrue();
        creating.Code().ShouldBe("SERVER_002");
        client.Received.Count(frame => frame.Type() == "user_message" && frame.Text("message_id") == accepted.Text("message_id")).ShouldBe(1);
        client.Received.Count(frame => frame.Type() == "user_message").ShouldBe(2);
        client.Received.Seqs().ShouldBe(Enumerable.Range(1, client.Received.Seqs().Count).Select(seq => (long)seq));
    }

    [SkippableFact]
    public async Task DiskFullInMidAnswer_ShouldGoOnByItselfOnceThereIsRoomAndLoseNothingStored()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        var gate = new Gate();
        api.Enqueue(Reply.Text("one two three four").HeldAt(gate, 2));
        api.Otherwise = _ => Reply.Text("Going on.");
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "count", session: session);
        await client.ReceiveAsync(frame => frame.IsDelta() && frame.Data().GetProperty("chunk_index").GetInt32() == 1, "the second piece");
        await client.AskAsync("chat_message", content: "then this", session: session);

        await server.SetDiskFullAsync(true);
        gate.Open();
        await Eventually.IsTrueAsync(() => AgentProcesses.Of(session).Count == 0, "the session was put down");
        await server.SetDiskFullAsync(false);
        await client.ReceiveAsync(frame => frame.Type() == "turn_completed" && frame.Text("stop_reason") == "agent_stopped", "the end of the turn of before");
        await client.ReceiveAsync(frame => frame.Type() == "user_message" && frame.Content() == "then this", "the message that waited");
        await client.ReceiveAsync(frame => frame.IsWholeText() && frame.Content() == "Going on.", "its answer");

        client.Received.Seqs().ShouldBe(Enumerable.Range(1, client.Received.Seqs().Count).Select(seq => (long)seq));
    }

    private static async Task ComeAsync(DeliveryClient[] clients, ServerUnderTest server, string session)
    {
        foreach (var client in clients)
        {
            await client.ConnectAsync(server.WebSocket, server.AccessToken);
            (await client.AttachAsync(session)).ShouldBeTrue($"closed {string.Join(' ', client.Closed)}, {string.Join(' ', client.View.Failures)}");
            await client.SayAgainAsync(session);
        }
    }

    private static bool IsIdle(DeliveryClient client) =>
        client.View.Events.LastOrDefault(e => e.StartsWith("""{"type":"session_status""", StringComparison.Ordinal))?.Contains("\"idle\"", StringComparison.Ordinal) ?? false;
}
