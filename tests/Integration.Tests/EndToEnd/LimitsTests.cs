using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.EndToEnd;

/// <summary>A command that the real Claude Code runs uses too much: its user learns which limit it was, and goes on.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class LimitsTests
{
    [SkippableFact]
    public async Task Tool_WhenItEatsMemory_ShouldEndTheSessionWithTheLimitAndTheNextMessageWakesIt()
    {
        ClaudeCodeBinary.Require();
        using (var resources = new ResourceControl(Options.Create(new ProcessOptions()), TimeProvider.System, NullLogger<ResourceControl>.Instance))
        {
            Groups.Require(resources);
        }

        await using var api = await ScriptedMessagesApi.StartAsync();
        api.Enqueue(Reply.ToolUse("Bash", new { command = "touch begun; tail /dev/zero", description = "try" }));
        await using var server = await ServerUnderTest.StartAsync(new Dictionary<string, string>
        {
            ["CLAUDE_API_BASE_URL"] = api.Address.ToString(),
            ["ANTHROPIC_API_KEY"] = Guid.NewGuid().ToString("N"),
            ["Claudy__Sandbox__MaxMemoryBytes"] = $"{512L << 20}",
        });
        await using var client = await server.ConnectAsync();
        var session = await client.CreateSessionAsync();

        await client.AskAsync("chat_message", content: "eat");
        var request = await client.ReceiveAsync("permission_request");
        await client.AskAsync("permission_response", new { request_id = request.Data().GetProperty("request_id").GetString(), decision = "allow" });

        // With version 1 Claude Code outlives its tool by a moment, in which the API may fail as well.
        var error = await client.ReceiveAsync(f => f.Type() == "session_error" && f.Code() == "SESSION_015", "SESSION_015");
        var status = await client.ReceiveAsync(f => f.Type() == "session_status" && f.Text("status") == "hibernated", "hibernated");
        await Eventually.IsTrueAsync(() => AgentProcesses.Of(session).Count == 0 && Groups.Named(session).Length == 0, "nothing of it was left");
        api.Enqueue(Reply.Text("Here again."));
        await client.AskAsync("chat_message", content: "still there?");
        await client.ReceiveAsync(f => f.IsWholeText() && f.Content() == "Here again.", "the answer");
        var running = Groups.Named(session);
        (await server.StopAsync()).ShouldBe(0);

        error.Content()!.ShouldContain("512 MiB");
        status.Text("reason").ShouldBe("memory_limit");
        server.Output.ShouldContain("limits       memory, CPU, processes of each session by control groups");
        running.ShouldNotBeEmpty();
        Groups.Named(session).ShouldBeEmpty();

        // With version 2 a server cannot remove the group that it is in itself.
        Groups.Named(new AbandonedGroups(Path.Combine(server.DataPath, "data")).ServerGroup.Split('-')[1]).ShouldAllBe(group => Directory.Exists($"{group}/server"));
    }
}
