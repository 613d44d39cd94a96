using System.Text.Json;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>What commands of the real Claude Code do in the workspace: seen, compared, taken back, and bounded.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class WorkspaceTests
{
    [SkippableFact]
    public async Task Command_WhenItChangesFiles_ShouldBeTold_Compared_AndTakenBack()
    {
        ClaudeCodeBinary.Require();
        Tools.Require("git");
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.ToolUse("Bash", new { command = "printf 'two\\n' > notes.txt; mkdir -p src; echo new > src/new.txt", description = "change" }), Reply.Text("Changed."));
        await using var server = await StartAsync(api);
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();
        (await client.AskAsync("file_upload", new { filename = "notes.txt", content = "one\n" })).Type().ShouldBe("file_uploaded");
        await client.ReceiveAsync("file_changed");

        await client.AskAsync("chat_message", content: "change it");
        await AllowAsync(client);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Count < 2)
        {
            seen.UnionWith(Files(await client.ReceiveAsync("file_changed")).Select(file => $"{file.GetProperty("change").GetString()} {file.GetProperty("path").GetString()}"));
        }

        var completed = await client.ReceiveAsync("turn_completed");
        var diff = await client.AskAsync("workspace_diff", new { });
        var taken = await client.AskAsync("session_control", new { action = "take_back", turn_id = completed.Data().GetProperty("turn_id").GetInt64() }, session);

        seen.ShouldBe(["modified notes.txt", "created src/new.txt"], ignoreOrder: true);
        var files = Files(diff).ToDictionary(file => file.GetProperty("path").GetString()!, StringComparer.Ordinal);
        files.Keys.Order(StringComparer.Ordinal).ShouldBe(["notes.txt", "src/new.txt"]);
        files["notes.txt"].GetProperty("diff").GetString()!.ShouldContain("-one\n+two");
        taken.Type().ShouldBe("session_status", taken.ToString());
        (await client.AskAsync("file_download", new { filename = "notes.txt" })).Text("content").ShouldBe("one\n");
        (await client.AskAsync("file_download", new { filename = "src/new.txt" })).Code().ShouldBe("FILE_004");
    }

    [SkippableFact]
    public async Task Command_WhenItFillsTheWorkspace_ShouldPauseTheSessionUntilThereIsRoom()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.ToolUse("Bash", new { command = "head -c 30000000 /dev/zero > big.bin; sleep 300", description = "fill" }));
        await using var server = await StartAsync(api, ("Claudy__Workspaces__MaxWorkspaceBytes", "20000000"));
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "fill");
        await AllowAsync(client);
        var paused = await client.ReceiveAsync("quota_paused");
        await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "hibernated", "hibernated");
        await Eventually.IsTrueAsync(() => AgentProcesses.Of(session).Count == 0, "nothing of it was left");
        var refused = await client.AskAsync("file_upload", new { filename = "more.txt", content = "x" });
        api.Enqueue(Reply.Text("On with it."));
        (await client.AskAsync("file_delete", new { filename = "big.bin" })).Type().ShouldBe("file_deleted");
        await client.ReceiveAsync("quota_resumed");
        await client.ReceiveAsync("turn_resumed");
        await client.ReceiveAsync(f => f.IsWholeText() && f.Content() == "On with it.", "the answer");

        // What was there when it was found out; the command may have been ended before it was through.
        paused.Data().GetProperty("size_bytes").GetInt64().ShouldBeInRange(20_000_001, 30_000_000);
        refused.Code().ShouldBe("FILE_006");
    }

    private static Task<ServerUnderTest> StartAsync(ScriptedMessagesApi api, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["CLAUDE_API_BASE_URL"] = api.Address.ToString(), ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N") };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return ServerUnderTest.StartAsync(all);
    }

    private static async Task AllowAsync(TestClient client)
    {
        var request = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = request.Data().GetProperty("request_id").GetString(), decision = "allow" });
    }

    private static JsonElement.ArrayEnumerator Files(JsonElement frame) => frame.Data().GetProperty("files").EnumerateArray();
}
