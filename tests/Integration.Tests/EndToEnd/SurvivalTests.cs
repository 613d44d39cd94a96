using System.Net.WebSockets;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>Whatever dies in the middle of an answer, the session is there afterwards with the history it had.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class SurvivalTests
{
    [SkippableFact]
    public async Task ClaudeKilledInMidAnswer_ShouldLeaveASessionThatGoesOn()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.InMidAnswerAsync();

        AgentProcesses.KillClaude(scene.Session);
        var error = await scene.Client.ReceiveAsync("session_error");
        await scene.Client.ReceiveAsync(f => f.Type() == "session_status" && f.Data().GetProperty("status").GetString() == "hibernated", "the frame");
        await scene.GoOnAsync(scene.Client);

        error.Data().GetProperty("code").GetString().ShouldBe("SESSION_003");
        scene.Client.Received.ShouldContain(f => f.IsWholeText() && f.GetProperty("content").GetString()!.StartsWith("one two", StringComparison.Ordinal));
        scene.Client.Received.Seqs().ShouldBe(Enumerable.Range(1, scene.Client.Received.Seqs().Count).Select(i => (long)i));
    }

    [SkippableFact]
    public async Task ClientGoneInMidAnswer_ShouldComeBackToTheTextSoFarAndTheRest()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.InMidAnswerAsync();
        var seen = scene.Client.Received.Seqs()[^1];

        scene.Client.Socket.Abort();
        await using var again = await scene.Server.ConnectAsync();
        var attached = await again.AskAsync("attach_session", new { after_seq = seen }, session: scene.Session);
        scene.Gate.Open();
        await again.ReceiveAsync("turn_completed");

        var inFlight = attached.Data().GetProperty("in_flight")[0];
        var rest = again.Received.Where(f => f.IsDelta()).ToList();
        (inFlight.GetProperty("content").GetString() + string.Concat(rest.Select(f => f.GetProperty("content").GetString()))).ShouldBe("one two three four");
        rest[0].Data().GetProperty("chunk_index").GetInt32().ShouldBe(inFlight.GetProperty("next_chunk_index").GetInt32());
        again.Received.Seqs().ShouldBe(Enumerable.Range(1, again.Received.Seqs().Count).Select(i => seen + i));
    }

    [SkippableFact]
    public async Task ServerKilledInMidAnswer_ShouldComeBackWithTheHistory()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.InMidAnswerAsync();
        var seen = scene.Client.Received.Seqs();

        await scene.Server.KillAsync();
        await Eventually.IsTrueAsync(() => AgentProcesses.Of(scene.Session).Count == 0, "the killed server's Claude Code was gone");
        await scene.Server.StartProcessAsync();
        await using var again = await scene.Server.ConnectAsync();
        await again.AskAsync("attach_session", new { after_seq = 0 }, session: scene.Session);
        await scene.GoOnAsync(again);

        again.Received.Seqs().Take(seen.Count).ShouldBe(seen);
        again.Received.Seqs().ShouldBe(Enumerable.Range(1, again.Received.Seqs().Count).Select(i => (long)i));
        again.Received.ShouldContain(f => f.Type() == "turn_completed" && f.Data().GetProperty("stop_reason").GetString() == "agent_stopped");
    }

    [SkippableFact]
    public async Task ServerStoppedInMidAnswer_ShouldTellClientsAndLeaveNoProcess()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.InMidAnswerAsync();

        var stopping = scene.Server.StopAsync();
        var closed = await scene.Client.ReceiveCloseAsync();

        (await stopping).ShouldBe(0);
        closed.ShouldBe((int)WebSocketCloseStatus.EndpointUnavailable);
        AgentProcesses.Of(scene.Session).ShouldBeEmpty();
        await scene.Server.StartProcessAsync();
        await using var again = await scene.Server.ConnectAsync();
        await again.AskAsync("attach_session", new { after_seq = 0 }, session: scene.Session);
        await scene.GoOnAsync(again);
    }

    /// <summary>A session whose answer is held after two of four words.</summary>
    private sealed class Scene(ScriptedMessagesApi api, ServerUnderTest server, TestClient client, string session, Gate gate) : IAsyncDisposable
    {
        public ServerUnderTest Server => server;

        public TestClient Client => client;

        public string Session => session;

        public Gate Gate => gate;

        public static async Task<Scene> InMidAnswerAsync()
        {
            var api = await ScriptedMessagesApi.StartAsync();
            var gate = new Gate();
            api.Enqueue(Reply.Text("one two three four").HeldAt(gate, 2));
            var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
            var client = await server.ConnectAsync();
            var session = await client.CreateSessionAsync();
            await client.AskAsync("chat_message", content: "count to four");
            await client.ReceiveAsync(f => f.IsDelta() && f.Data().GetProperty("chunk_index").GetInt32() == 1, "the frame");
            await ClaudeTranscripts.HoldAsync(Path.Combine(server.DataPath, "data", "homes"), "count to four");
            return new Scene(api, server, client, session, gate);
        }

        /// <summary>Sends another message, and sees that Claude remembers the first one.</summary>
        public async Task GoOnAsync(TestClient with)
        {
            gate.Open();
            api.Enqueue(Reply.Text("Going on."));
            await with.AskAsync("chat_message", content: "go on please", session: session);
            await with.ReceiveAsync(f => f.IsWholeText() && f.GetProperty("content").GetString() == "Going on.", "the frame");
            await with.ReceiveAsync("turn_completed");
            var request = await api.WaitForAsync(r => r.IsConversation && r.BodyText.Contains("go on please", StringComparison.Ordinal));
            request.BodyText.ShouldContain("count to four");
        }

        public async ValueTask DisposeAsync()
        {
            gate.Open();
            await client.DisposeAsync();
            await server.DisposeAsync();
            await api.DisposeAsync();
        }
    }
}
