using System.Text.Json;
using Claudy.Integration.Tests.Agents;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>What clients see of workspaces that change and that are full.</summary>
public sealed class QuotaTests
{
    private static readonly Dictionary<string, string?> TenKilobytes = new()
    {
        ["Claudy:Workspaces:MaxWorkspaceBytes"] = "10000",
        ["Claudy:Workspaces:Users:Generous:MaxWorkspaceBytes"] = "50000",
        ["Claudy:Workspaces:Users:generous:MaxFiles"] = "2",
    };

    [Fact]
    public async Task FileChanged_ShouldComeForUploadsAndForWhatClaudeWrites_AndStayInTheHistory()
    {
        await using var server = await ClaudyServer.StartAsync();
        server.Agents.Script = async (agent, _) =>
        {
            await File.WriteAllTextAsync(Path.Combine(agent.Launch.WorkspacePath, "made.txt"), "by Claude");
            await agent.SayAsync("a1", "Done.");
        };
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        await client.AskAsync("file_upload", new { filename = "up.txt", content = "x" }, session);
        var uploaded = await client.ReceiveAsync(Changed("up.txt"), "file_changed");
        await client.AskAsync("chat_message", content: "write");
        var made = await client.ReceiveAsync(Changed("made.txt"), "file_changed");

        uploaded.Data().ShouldBeJson("""{"files":[{"path":"up.txt","change":"created"}]}""");
        made.GetProperty("seq").GetInt64().ShouldBeGreaterThan(uploaded.GetProperty("seq").GetInt64());
        var history = await client.AskAsync("session_history", new { limit = 100 }, session);
        history.Data().GetProperty("events").EnumerateArray().Count(e => e.Type() == "file_changed").ShouldBe(2);
    }

    [Fact]
    public async Task Quota_WhenClaudeWritesTooMuch_ShouldPauseUntilThereIsRoom()
    {
        await using var server = await ClaudyServer.StartAsync(TenKilobytes);
        server.Agents.Script = async (agent, message) =>
        {
            await agent.EmitAsync(new Application.Sessions.Ports.AgentEvent.TurnStarted(agent.Launch.SessionId.Value, "fake", null));
            if (message.Text == "fill")
            {
                await File.WriteAllBytesAsync(Path.Combine(agent.Launch.WorkspacePath, "big.bin"), new byte[20_000]);
                return; // and works on
            }

            await agent.SayAsync("a1", message.Text);
        };
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "fill");
        var paused = await client.ReceiveAsync("quota_paused");
        var suspended = await client.ReceiveAsync("turn_suspended");
        var status = await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "hibernated", "hibernated");
        var refused = await client.AskAsync("file_upload", new { filename = "more.txt", content = "x" }, session);
        var queued = await client.AskAsync("chat_message", content: "later");
        await using var second = await server.ConnectAsync();
        var attached = await second.AskAsync("attach_session", session: session);
        (await client.AskAsync("file_upload", new { filename = "big.bin", content = "small", overwrite = true }, session)).Type().ShouldBe("file_uploaded");
        await client.ReceiveAsync("quota_resumed");
        var resumed = await client.ReceiveAsync("turn_resumed");
        await client.ReceiveAsync(f => f.IsWholeText() && f.Content() == "later", "the queue went on");

        paused.Data().ShouldBeJson("""{"size_bytes":20000,"file_count":1,"max_size_bytes":10000,"max_files":20000}""");
        paused.Content()!.ShouldContain("Delete something");
        suspended.Text("reason").ShouldBe("quota_paused");
        status.Text("reason").ShouldBe("quota_paused");
        refused.Code().ShouldBe("FILE_006");
        queued.Data().GetProperty("position").GetInt32().ShouldBe(1);
        attached.Data().GetProperty("quota_paused").ShouldBeJson(paused.Data().GetRawText());
        resumed.Content()!.ShouldContain("There is room again");
    }

    [Fact]
    public async Task Quota_WhenTheOperatorDeletes_ShouldGoOnByItself()
    {
        await using var server = await ClaudyServer.StartAsync(TenKilobytes);
        server.Agents.Script = async (agent, _) => await File.WriteAllBytesAsync(Path.Combine(agent.Launch.WorkspacePath, "big.bin"), new byte[20_000]);
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "fill");
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("reason") == "quota_paused" && f.Text("status") == "hibernated", "paused");

        File.Delete(Path.Combine(server.Agents.Latest.Launch.WorkspacePath, "big.bin"));

        await client.ReceiveAsync("quota_resumed");
    }

    [Fact]
    public async Task Quota_WhenThereIsHardlyRoom_ShouldNotGoOnBeforeThereIsMore()
    {
        await using var server = await ClaudyServer.StartAsync(TenKilobytes);
        server.Agents.Script = async (agent, _) => await File.WriteAllBytesAsync(Path.Combine(agent.Launch.WorkspacePath, "big.bin"), new byte[20_000]);
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "fill");
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("reason") == "quota_paused" && f.Text("status") == "hibernated", "paused");

        await client.AskAsync("file_upload", new { filename = "big.bin", content = new string('x', 9_600), overwrite = true }, session);
        await client.ReceiveAsync(Changed("big.bin"), "file_changed");
        await client.AskAsync("file_upload", new { filename = "big.bin", content = new string('x', 9_500), overwrite = true }, session);
        var resumed = await client.ReceiveAsync("quota_resumed");

        resumed.Data().GetProperty("size_bytes").GetInt64().ShouldBe(9_500);
    }

    [Fact]
    public async Task Quota_WhenAUserHasLimitsOfTheirOwn_ShouldGoByThose()
    {
        await using var server = await ClaudyServer.StartAsync(TenKilobytes);
        await using var usual = await server.ConnectAsync("usual");
        await using var generous = await server.ConnectAsync("generous");
        var content = new string('x', 20_000);
        var usualSession = await usual.CreateSessionAsync();
        var generousSession = await generous.CreateSessionAsync();

        (await usual.AskAsync("file_upload", new { filename = "a", content }, usualSession)).Code().ShouldBe("FILE_006");
        (await generous.AskAsync("file_upload", new { filename = "a", content }, generousSession)).Type().ShouldBe("file_uploaded");
        (await generous.AskAsync("file_upload", new { filename = "b", content = "" }, generousSession)).Type().ShouldBe("file_uploaded");
        var third = await generous.AskAsync("file_upload", new { filename = "c", content = "" }, generousSession);

        third.Code().ShouldBe("FILE_006");
        third.Content()!.ShouldContain("2 of at most 2 files");
        (await generous.AskAsync("workspace_info", session: generousSession)).Data().GetProperty("max_files").GetInt64().ShouldBe(2);
    }

    private static Func<JsonElement, bool> Changed(string path) => frame =>
        frame.Type() == "file_changed" && frame.Data().GetProperty("files").EnumerateArray().Any(file => file.GetProperty("path").GetString() == path);
}
