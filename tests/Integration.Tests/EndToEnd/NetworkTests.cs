using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.ApiBroker;
using Claudy.Infrastructure.Egress;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Egress;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;
using Xunit;
using ClaudeAgentLauncher = Claudy.Infrastructure.Agents.Claude.ClaudeAgentLauncher;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>The real Claude Code in a real sandbox, with a network that its user chose. Names are the test's; hosts are on loopback.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class NetworkTests
{
    [SkippableFact]
    public async Task Tools_ShouldReachTheHostsOfTheList_AndTheUserShouldHearOfTheOthers()
    {
        await using var host = LoopbackHost.Start();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await StartAsync(api);
        await using var client = await ConnectAsync(server);
        var session = await CreateAsync(client, new { mode = "allow_list", hosts = new[] { $"Allowed.test:{host.Port}" } });
        api.Enqueue(
            Reply.ToolUse("Bash", new { command = $"curl -sS -m 20 http://allowed.test:{host.Port}/hello; curl -sS -m 20 http://other.test/", description = "fetch" }),
            Reply.ToolUse("WebFetch", new { url = "https://page.test/a", prompt = "what?" }),
            Reply.Text("Done."));

        await client.AskAsync("chat_message", content: "fetch", session: session);
        var fetched = await client.ReceiveAsync("tool_result");
        var bashNotice = await NoticeAsync(client, "other.test");
        var pageNotice = await NoticeAsync(client, "page.test");
        await client.ReceiveAsync("turn_completed");

        var found = fetched.GetRawText();
        found.ShouldContain("reached");
        found.ShouldContain("it is not on its list of hosts");
        host.Requests.ShouldHaveSingleItem().ShouldStartWith("GET /hello HTTP/1.1\r\n");
        bashNotice.Data().GetProperty("port").GetInt32().ShouldBe(80);
        bashNotice.Text("why").ShouldBe("not_listed");
        bashNotice.Content()!.ShouldContain("other.test:80");
        pageNotice.Data().GetProperty("port").GetInt32().ShouldBe(443);
        api.Conversation.Count.ShouldBe(3);
    }

    [SkippableFact]
    public async Task SetNetwork_WhenTheSessionHasNone_ShouldStartClaudeCodeAgainWithOne_AndTakeItBackAtOnce()
    {
        await using var host = LoopbackHost.Start();
        await using var api = await ScriptedMessagesApi.StartAsync();
        await using var server = await StartAsync(api);
        await using var client = await ConnectAsync(server);
        var session = await CreateAsync(client, null);
        await client.ReceiveAsync(frame => frame.Type() == "session_status" && frame.Text("status") == "idle", "idle");
        var curl = new { command = $"curl -sS -m 20 http://allowed.test:{host.Port}/ 2>&1", description = "fetch" };
        api.Enqueue(Reply.ToolUse("Bash", curl), Reply.Text("No."), Reply.ToolUse("Bash", curl), Reply.Text("Yes."), Reply.ToolUse("Bash", curl), Reply.Text("No more."));

        var before = await TurnAsync(client, session);
        await client.AskAsync("session_control", new { action = "set_network", network = new { mode = "allow_list", hosts = new[] { $"allowed.test:{host.Port}" } } }, session: session);
        await client.ReceiveAsync(frame => frame.Type() == "session_status" && frame.Text("reason") == "network_changed", "the restart");
        var after = await TurnAsync(client, session);
        await client.AskAsync("session_control", new { action = "set_network", network = "none" }, session: session);
        var none = await TurnAsync(client, session);

        before.ShouldContain("Could not resolve host");
        after.ShouldContain("reached");
        none.ShouldContain("it has no network");
        host.Connections.ShouldBe(1);
    }

    private static async Task<ClaudyServer> StartAsync(ScriptedMessagesApi api)
    {
        Tools.Require("socat");
        Tools.Require("curl");
        var binary = ClaudeCodeBinary.Require();
        var names = new StubResolver();
        names.Add("allowed.test", "127.0.0.1");
        var server = await ClaudyServer.StartAsync(
            new Dictionary<string, string?>
            {
                ["Claudy:Sandbox:Mode"] = "Auto",
                ["Claudy:Claude:BaseUrl"] = api.Address.ToString(),
                ["Claudy:Claude:CodePath"] = binary,
                ["Claudy:Network:PrivateNetworks:0"] = "127.0.0.1/32",
            },
            change: services => services
                .Replace(ServiceDescriptor.Singleton<IAgentLauncher, ClaudeAgentLauncher>())
                .Replace(ServiceDescriptor.Singleton<IApiBroker>(provider => provider.GetRequiredService<KestrelApiBroker>()))
                .Replace(ServiceDescriptor.Singleton<IHostResolver>(names)));
        var sandbox = server.Services.GetRequiredService<ISandbox>();
        if (!sandbox.IsIsolating)
        {
            await server.DisposeAsync();
            (Environment.GetEnvironmentVariable("CI") == "true").ShouldBeFalse(sandbox.Reason);
            Skip.If(true, sandbox.Reason);
        }

        return server;
    }

    private static async Task<TestClient> ConnectAsync(ClaudyServer server)
    {
        var token = await server.TokenAsync();
        return await TestClient.ConnectAsync(server.WebSocket, options => options.SetRequestHeader("Authorization", $"Bearer {token}"));
    }

    private static async Task<string> CreateAsync(TestClient client, object? network)
    {
        var created = await client.AskAsync("create_session", new { name = "networked", permission_mode = "bypassPermissions", network });
        created.Type().ShouldBe("session_created", created.ToString());
        return created.Text("session_id")!;
    }

    private static async Task<string> TurnAsync(TestClient client, string session)
    {
        await client.AskAsync("chat_message", content: "fetch", session: session);
        var result = await client.ReceiveAsync("tool_result");
        await client.ReceiveAsync("turn_completed");
        return result.GetRawText();
    }

    private static Task<JsonElement> NoticeAsync(TestClient client, string host) => client.ReceiveAsync(
        frame => frame.Type() == "server_notice" && frame.Text("reason") == "egress_refused" && frame.Text("host") == host, $"the notice of {host}");
}
