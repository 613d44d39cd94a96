using System.Text.Json;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.WebSockets;

/// <summary>Permission requests and rules as devices see them.</summary>
public sealed class PermissionRuleTests
{
    [Fact]
    public async Task Permission_WhenTwoDevicesAnswer_ShouldGoByTheFirstAndTellBoth()
    {
        await using var server = await ClaudyServer.StartAsync();
        server.Agents.Script = AskFor("touch x");
        await using var desk = await server.ConnectAsync();
        var session = await desk.CreateSessionAsync();
        await using var phone = await server.ConnectAsync();
        await phone.AskAsync("attach_session", session: session);
        await desk.AskAsync("chat_message", content: "go");
        await desk.ReceiveAsync("permission_request");
        await phone.ReceiveAsync("permission_request");

        var first = await phone.AskAsync("permission_response", new { request_id = "p1", decision = "deny" }, session);
        var second = await desk.AskAsync("permission_response", new { request_id = "p1", decision = "allow" }, session);

        first.Type().ShouldBe("permission_resolved");
        second.Code().ShouldBe("SESSION_006");
        foreach (var device in new[] { desk, phone })
        {
            var resolved = await device.ReceiveAsync(f => f.Type() == "permission_resolved" && f.Seq() is not null, "the resolution");
            (resolved.Text("decision"), resolved.Text("reason")).ShouldBe(("deny", "user"));
            (await device.ReceiveAsync(f => f.IsWholeText(), "the answer")).Content().ShouldBe("Deny");
        }
    }

    [Fact]
    public async Task Permission_WhenNobodyAnswers_ShouldBeDeniedOnEveryDevice()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await ClaudyServer.StartAsync(
            new() { ["Claudy:Sessions:PermissionTimeout"] = "00:02:00" }, change: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        server.Agents.Script = AskFor("touch x");
        await using var desk = await server.ConnectAsync();
        var session = await desk.CreateSessionAsync();
        await using var phone = await server.ConnectAsync();
        await phone.AskAsync("attach_session", session: session);
        await desk.AskAsync("chat_message", content: "go");
        await desk.ReceiveAsync("permission_request");
        await phone.ReceiveAsync("permission_request");

        time.Advance(TimeSpan.FromSeconds(110));
        var waiting = await phone.AskAsync("attach_session", new { after_seq = 0 }, session);
        time.Advance(TimeSpan.FromSeconds(20));

        waiting.Data().GetProperty("pending_permissions").GetArrayLength().ShouldBe(1);
        foreach (var device in new[] { desk, phone })
        {
            var resolved = await device.ReceiveAsync(f => f.Type() == "permission_resolved" && f.Seq() is not null, "the resolution");
            (resolved.Text("decision"), resolved.Text("reason")).ShouldBe(("deny", "expired"));
            (await device.ReceiveAsync(f => f.IsWholeText(), "the answer")).Content().ShouldBe("Deny");
        }
    }

    [Fact]
    public async Task Rules_WhenAddedChangedAndRevoked_ShouldBeListedAndToldToOtherDevices()
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var desk = await server.ConnectAsync();
        var alone = await desk.AskAsync("permission_rules");
        var created = await desk.AskAsync("create_session", new { name = "x", allowed_tools = new[] { "Read" } });
        var session = created.Text("session_id")!;
        await using var phone = await server.ConnectAsync();
        await phone.AskAsync("attach_session", session: session);

        await desk.AskAsync("permission_rule_add", new { scope = "user", rule = "Bash(git status)" });
        await desk.AskAsync("permission_rule_add", new { scope = "session", rule = "Bash(rm:*)", effect = "deny" });
        var added = await phone.AskAsync("permission_rules", session: session);
        await desk.AskAsync("permission_rule_update", new { scope = "user", rule = "Bash(git status)", new_rule = "Bash(git:*)" });
        var left = await desk.AskAsync("permission_rule_remove", new { scope = "session", rule = "Bash(rm:*)" });

        alone.Data().TryGetProperty("session", out _).ShouldBeFalse();
        Shown(added, "session").ShouldBe(["allow Read fixed", "deny Bash(rm:*)"]);
        Shown(added, "user").ShouldBe(["allow Bash(git status)"]);
        Shown(left, "session").ShouldBe(["allow Read fixed"]);
        Shown(left, "user").ShouldBe(["allow Bash(git:*)"]);
        var told = await phone.ReceiveAsync("permission_rules_changed");
        told.Data().GetProperty("denied")[0].GetString().ShouldBe("Bash(rm:*)");
    }

    [Theory]
    [InlineData("permission_rule_add", """{"scope":"user","rule":"Bash(a; b)"}""", "WS_005", "rule")]
    [InlineData("permission_rule_add", """{"scope":"user"}""", "WS_005", "rule")]
    [InlineData("permission_rule_add", """{"scope":"all","rule":"Bash"}""", "WS_005", "scope")]
    [InlineData("permission_rule_add", """{"scope":"user","rule":"Bash","effect":"maybe"}""", "WS_005", "effect")]
    [InlineData("permission_rule_remove", """{"scope":"session"}""", "WS_005", "rule")]
    [InlineData("permission_rule_remove", """{"scope":"session","rule":"Bash"}""", "SESSION_017", null)]
    [InlineData("permission_rule_update", """{"scope":"user","rule":"Bash","new_rule":"Read"}""", "SESSION_017", null)]
    [InlineData("permission_response", """{"request_id":"p","decision":"allow","remember":"everyone"}""", "WS_005", "remember")]
    [InlineData("permission_response", """{"request_id":"p","decision":"allow","remember":true,"rules":[null]}""", "WS_005", "rules[0]")]
    public async Task Rules_WhenAFrameIsWrong_ShouldBeRefused(string type, string data, string code, string? field)
    {
        await using var server = await ClaudyServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();

        var refused = await client.AskAsync(type, JsonElement.Parse(data));

        refused.Code().ShouldBe(code);
        if (field is not null)
        {
            refused.Data().GetProperty("details").GetProperty("field").GetString().ShouldBe(field);
        }
    }

    [Fact]
    public async Task Permission_WhenRememberedForTheUser_ShouldNotBeAskedInAnotherSession()
    {
        await using var server = await ClaudyServer.StartAsync();
        server.Agents.Script = AskFor("touch x");
        await using var client = await server.ConnectAsync();
        await client.CreateSessionAsync();
        await client.AskAsync("chat_message", content: "go");
        var asked = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = "p1", decision = "allow", remember = "user" });
        await client.ReceiveAsync("turn_completed");

        await client.CreateSessionAsync("Other");
        await client.AskAsync("chat_message", content: "go");
        await client.ReceiveAsync("turn_completed");

        asked.Data().GetProperty("suggested_rules")[0].GetString().ShouldBe("Bash(touch x)");
        client.Received.Count(f => f.Type() == "permission_request").ShouldBe(1);
        var resolved = client.Received.Last(f => f.Type() == "permission_resolved");
        (resolved.Text("reason"), resolved.Text("tool_use_id")).ShouldBe(("rule", "toolu_1"));
        resolved.Data().GetProperty("rules")[0].GetString().ShouldBe("Bash(touch x)");
    }

    private static Func<FakeAgent, ChatMessage, Task> AskFor(string command) => async (agent, _) =>
    {
        var answer = await agent.AskAsync("p1", "Bash", JsonSerializer.Serialize(new { command }));
        await agent.SayAsync("a1", answer.Decision.ToString());
    };

    private static IEnumerable<string> Shown(JsonElement answer, string scope) =>
        answer.Data().GetProperty(scope).EnumerateArray().Select(rule =>
            $"{rule.GetProperty("effect").GetString()} {rule.GetProperty("rule").GetString()}{(rule.TryGetProperty("fixed", out _) ? " fixed" : "")}");
}
