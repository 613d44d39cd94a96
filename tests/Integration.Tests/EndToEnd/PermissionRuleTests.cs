using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>Rules with the real Claude Code: what runs unasked is what they say, and nothing beside it.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class PermissionRuleTests
{
    [SkippableFact]
    public async Task Rules_ShouldLetThroughWhatTheySayAndAskAboutWhatIsPutBesideIt()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Bash("touch a"), Bash("git status; rm -rf a"), Bash("git status"), Bash("touch a"), Bash("cat a | xargs touch"), Reply.Text("done"));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var desk = await server.ConnectAsync();
        var session = await desk.CreateSessionAsync();
        await using var phone = await server.ConnectAsync();
        await phone.AskAsync("attach_session", session: session);
        await desk.AskAsync("permission_rule_add", new { scope = "user", rule = "Bash(git status)" });

        await desk.AskAsync("chat_message", content: "go");
        var touch = await desk.ReceiveAsync("permission_request");
        await desk.AskAsync("permission_response", new { request_id = touch.Text("request_id"), decision = "allow", remember = "session" });
        var compound = await desk.ReceiveAsync("permission_request");
        var first = await phone.AskAsync("permission_response", new { request_id = compound.Text("request_id"), decision = "deny" }, session);
        var second = await desk.AskAsync("permission_response", new { request_id = compound.Text("request_id"), decision = "allow" });
        var xargs = await desk.ReceiveAsync("permission_request");
        await desk.AskAsync("permission_response", new { request_id = xargs.Text("request_id"), decision = "deny" });
        await desk.ReceiveAsync("turn_completed");
        await phone.ReceiveAsync("turn_completed");

        Command(touch).ShouldBe("touch a");
        Command(compound).ShouldBe("git status; rm -rf a");
        Command(xargs).ShouldBe("cat a | xargs touch");
        compound.Data().GetProperty("suggested_rules").EnumerateArray().Select(r => r.GetString()).ShouldBe(["Bash(git status)", "Bash(rm -rf a)"]);
        (first.Type(), second.Code()).ShouldBe(("permission_resolved", "SESSION_006"));
        foreach (var device in new[] { desk, phone })
        {
            device.Received.Where(f => f.Type() == "permission_resolved" && f.Seq() is not null).Select(f => $"{f.Text("decision")} {f.Text("reason")}")
                .ShouldBe(["allow user", "deny user", "allow rule", "deny user"]);
        }

        (await desk.AskAsync("file_list")).Data().GetProperty("files")[0].GetProperty("name").GetString().ShouldBe("a");
    }

    [SkippableFact]
    public async Task DontAsk_ShouldRunWhatARuleAllowsAndDenyTheRest()
    {
        ClaudeCodeBinary.Require();
        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Bash("touch a"), Bash("touch a; touch b"), Bash("cat /etc/hostname"), Reply.Text("done"));
        await using var server = await ServerUnderTest.StartAsync(api, Guid.NewGuid().ToString("N"));
        await using var client = await server.ConnectAsync();
        await client.AskAsync("create_session", new { permission_mode = "dontAsk", allowed_tools = new[] { "Bash(touch a)" } });
        await client.AskAsync("permission_rule_add", new { scope = "user", rule = "Bash(cat:*)", effect = "deny" });

        await client.AskAsync("chat_message", content: "go");
        await client.ReceiveAsync("turn_completed");

        client.Received.ShouldNotContain(f => f.Type() == "permission_request");
        client.Received.Where(f => f.Type() == "permission_resolved").Select(f => $"{f.Text("decision")} {f.Text("reason")}").ShouldBe(["allow rule", "deny mode"]);
        client.Received.Where(f => f.Type() == "tool_result").Select(f => f.Data().GetProperty("is_error").GetBoolean()).ShouldBe([false, true, true]);
        client.Received.Last(f => f.Type() == "session_settings").Text("permission_mode").ShouldBe("dontAsk");
        (await client.AskAsync("file_list")).Data().GetProperty("files").GetArrayLength().ShouldBe(1);
    }

    private static Reply Bash(string command) => Reply.ToolUse("Bash", new { command, description = "try" });

    private static string? Command(System.Text.Json.JsonElement request) => request.Data().GetProperty("input").GetProperty("command").GetString();
}
