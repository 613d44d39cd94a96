using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>A permission request is still there, and its answer still counts, after the process that asked is gone.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class SuspendedTurnTests
{
    private static readonly object Call = new { file_path = "/workspace/asked.txt", content = "written once" };

    [SkippableFact]
    public async Task ServerKilledWhileAsking_ShouldRunTheCallOnceAllowedAfterwards()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.AskedAsync();

        await scene.Server.KillAsync();
        await Eventually.IsTrueAsync(() => AgentProcesses.Of(scene.Session).Count == 0, "the killed server's Claude Code was gone");
        await scene.Server.StartProcessAsync();
        await using var again = await scene.Server.ConnectAsync();
        var attached = await again.AskAsync("attach_session", new { after_seq = 0 }, session: scene.Session);
        var pending = attached.Data().GetProperty("pending_permissions")[0].GetProperty("request_id").GetString();
        scene.Api.Enqueue(Reply.ToolUse("Write", Call), Reply.Text("It is written."));
        await again.AskAsync("permission_response", new { request_id = pending, decision = "allow" });

        await again.ReceiveAsync("turn_suspended");
        (await again.ReceiveAsync("turn_resumed")).Content()!.ShouldContain("asked.txt");
        await again.ReceiveAsync(f => f.Type() == "permission_resolved" && f.Text("reason") == "carried_over", "the carried answer");
        (await again.ReceiveAsync("turn_completed")).Text("stop_reason").ShouldBe("end_turn");
        pending.ShouldBe(scene.RequestId);
        scene.FileContent.ShouldBe("written once");
        again.Received.Seqs().ShouldBe(Enumerable.Range(1, again.Received.Seqs().Count).Select(i => (long)i));
        var resumed = await scene.Api.WaitForAsync(r => r.IsConversation && r.BodyText.Contains("The user allows it", StringComparison.Ordinal));
        resumed.BodyText.ShouldContain("please write a file");
    }

    [SkippableFact]
    public async Task ServerStoppedWhileAsking_ShouldStillAskAfterwards()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.AskedAsync();

        (await scene.Server.StopAsync()).ShouldBe(0);
        await scene.Server.StartProcessAsync();
        await using var again = await scene.Server.ConnectAsync();
        var attached = await again.AskAsync("attach_session", new { after_seq = 0 }, session: scene.Session);
        scene.Api.Enqueue(Reply.ToolUse("Write", Call), Reply.Text("It is written."));
        await again.AskAsync("permission_response", new { request_id = scene.RequestId, decision = "allow" });

        attached.Data().GetProperty("pending_permissions")[0].GetProperty("request_id").GetString().ShouldBe(scene.RequestId);
        (await again.ReceiveAsync("turn_completed")).Text("stop_reason").ShouldBe("end_turn");
        scene.FileContent.ShouldBe("written once");
    }

    [SkippableFact]
    public async Task ClaudeKilledWhileAsking_ShouldTellClaudeOfTheDenial()
    {
        ClaudeCodeBinary.Require();
        await using var scene = await Scene.AskedAsync();

        AgentProcesses.KillClaude(scene.Session);
        await scene.Client.ReceiveAsync("turn_suspended");
        scene.Api.Enqueue(Reply.Text("Then I leave it."));
        await scene.Client.AskAsync("permission_response", new { request_id = scene.RequestId, decision = "deny", message = "another name please" }, session: scene.Session);

        (await scene.Client.ReceiveAsync("turn_completed")).Text("stop_reason").ShouldBe("end_turn");
        await scene.Api.WaitForAsync(r => r.IsConversation && r.LastMessageText.Contains("does not allow it: another name please", StringComparison.Ordinal));
        scene.FileContent.ShouldBeNull();
    }

    /// <summary>A session whose first message made Claude ask to write a file.</summary>
    private sealed class Scene(ScriptedMessagesApi api, ServerUnderTest server, TestClient client, string session, string requestId) : IAsyncDisposable
    {
        public ScriptedMessagesApi Api => api;

        public ServerUnderTest Server => server;

        public TestClient Client => client;

        public string Session => session;

        public string RequestId => requestId;

        public string? FileContent
        {
            get
            {
                var file = Path.Combine(server.DataPath, "data", "workspaces", session, "asked.txt");
                return File.Exists(file) ? File.ReadAllText(file) : null;
            }
        }

        public static async Task<Scene> AskedAsync()
        {
            var api = await ScriptedMessagesApi.StartAsync();
            api.Enqueue(Reply.ToolUse("Write", Call));
            var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
            var client = await server.ConnectAsync();
            var session = await client.CreateSessionAsync();
            await client.AskAsync("chat_message", content: "please write a file");
            var request = await client.ReceiveAsync("permission_request");
            await ClaudeTranscripts.HoldAsync(Path.Combine(server.DataPath, "data", "homes"), "asked.txt");
            return new Scene(api, server, client, session, request.Text("request_id")!);
        }

        public async ValueTask DisposeAsync()
        {
            await client.DisposeAsync();
            await server.DisposeAsync();
            await api.DisposeAsync();
        }
    }
}
