using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The adapter with the real CLI: configuration, MCP servers, modes, thinking, slash commands.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class ClaudeCodeFeatureTests
{
    [SkippableFact]
    public async Task Launch_WhenAConfigurationIsApproved_ShouldRunItsHooksSetItsVariablesAndHeedItsInstructions()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(ClaudeTestBed.Bash("echo \"variable is $PROJECT_MODE\" > out"), Reply.Text("done"));
        var approved = WorkspaceConfiguration.Of(
            [
                new WorkspaceHook("SessionStart", null, "touch started", null, null, 10, false, false),
                new WorkspaceHook("UserPromptSubmit", null, "echo HOOK-SAYS-$PROJECT_MODE", null, null, null, false, false),
                new WorkspaceHook("PreToolUse", "Write", "touch wrong-tool", null, null, null, false, false),
                new WorkspaceHook("PreToolUse", "Bash", "touch", ["by hook"], null, null, false, false),
            ],
            [new NamedValue("PROJECT_MODE", "größer"), new NamedValue("PATH", "/nowhere")],
            [],
            [new WorkspaceInstructions("CLAUDE.md", "Use tabs.")],
            []);
        var session = await bed.LaunchAsync(bed.LaunchOf(settings => settings with { AppendSystemPrompt = "Answer in rhymes." }) with { Configuration = approved });

        await session.SayAsync("go");
        await session.TurnAsync(ClaudeTestBed.Allow);

        File.Exists(bed.PathOf("started")).ShouldBeTrue();
        File.Exists(bed.PathOf("by hook")).ShouldBeTrue();
        bed.CommandLines().ShouldNotBeEmpty();
        bed.CommandLines().ShouldAllBe(line => !line.Contains("HOOK-SAYS"));
        File.Exists(bed.PathOf("wrong-tool")).ShouldBeFalse();
        (await File.ReadAllTextAsync(bed.PathOf("out"))).Trim().ShouldBe("variable is größer");
        var request = bed.Api.Conversation[0];
        request.BodyText.ShouldContain("HOOK-SAYS-");
        request.Body.GetProperty("system").GetRawText().ShouldSatisfyAllConditions(s => s.ShouldContain("Answer in rhymes."), s => s.ShouldContain("Use tabs."));
    }

    [SkippableFact]
    public async Task McpServer_ShouldOfferItsToolsAndAskForPermission()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(Reply.ToolUse("mcp__tiny__echo", new { text = "hello" }), Reply.Text("done"));
        var session = await bed.LaunchAsync(bed.LaunchOf() with { McpServers = [Tiny("tiny"), Tiny("broken") with { Command = "no-such-program" }] });

        await session.SayAsync("echo");
        var turn = await session.TurnAsync(ClaudeTestBed.Allow);
        var status = await session.GetMcpStatusAsync(CancellationToken.None);

        turn.Of<AgentEvent.PermissionRequest>().ShouldHaveSingleItem().ToolName.ShouldBe("mcp__tiny__echo");
        turn.Of<AgentEvent.ToolResult>().ShouldHaveSingleItem().Content.GetRawText().ShouldContain("echo hello v4lue");
        bed.Api.Conversation[0].Body.GetProperty("tools").EnumerateArray().ShouldContain(tool => tool.GetProperty("name").GetString() == "mcp__tiny__echo");
        status.Value.Select(server => $"{server.Name} {server.Status} {string.Join(',', server.Tools)}").ShouldBe(["tiny connected echo", "broken failed "], ignoreOrder: true);
    }

    [SkippableFact]
    public async Task McpServer_WhenTurnedOffAndOn_ShouldSaySoAndReconnect()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        var session = await bed.LaunchAsync(bed.LaunchOf() with { McpServers = [Tiny("tiny")] });

        (await session.SetMcpServerEnabledAsync("tiny", isEnabled: false, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        var off = await session.GetMcpStatusAsync(CancellationToken.None);
        (await session.SetMcpServerEnabledAsync("tiny", isEnabled: true, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await session.ReconnectMcpServerAsync("tiny", CancellationToken.None)).IsSuccess.ShouldBeTrue();
        var on = await session.GetMcpStatusAsync(CancellationToken.None);
        var none = await session.ReconnectMcpServerAsync("nobody", CancellationToken.None);

        off.Value.ShouldHaveSingleItem().Status.ShouldBe("disabled");
        on.Value.ShouldHaveSingleItem().Status.ShouldBe("connected");
        none.Error!.Code.ShouldBe("SESSION_013");
    }

    [SkippableFact]
    public async Task ThinkingBudget_ShouldBeInTheRequestToTheModel()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Otherwise = _ => Reply.Text("ok");
        var session = await bed.LaunchAsync(bed.LaunchOf(settings => settings with { Model = "claude-haiku-4-5", MaxThinkingTokens = 2_000 }));

        await session.SayAsync("one");
        await session.TurnAsync();
        await session.SetThinkingBudgetAsync(0, CancellationToken.None);
        await session.SayAsync("two");
        await session.TurnAsync();
        await session.SetThinkingBudgetAsync(null, CancellationToken.None);
        await session.SayAsync("three");
        await session.TurnAsync();

        var asked = bed.Api.Conversation.Select(request => request.Body.GetProperty("thinking")).ToList();
        asked[0].GetProperty("budget_tokens").GetInt32().ShouldBe(2_000);
        asked[1].GetProperty("type").GetString().ShouldBe("disabled");
        asked[2].GetProperty("budget_tokens").GetInt32().ShouldBeGreaterThan(2_000);
    }

    [SkippableFact]
    public async Task ContextUsage_ShouldTellWhatFillsIt()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Otherwise = _ => Reply.Text("ok");
        var session = await bed.LaunchAsync();
        await session.SayAsync("hello");
        await session.TurnAsync();

        var usage = (await session.GetContextUsageAsync(CancellationToken.None)).Value;

        usage.MaxTokens.ShouldBeGreaterThan(100_000);
        usage.TotalTokens.ShouldBeInRange(1, usage.MaxTokens);
        usage.AutoCompactTokens!.Value.ShouldBeInRange(1, usage.MaxTokens);
        usage.Categories.Select(category => category.Name).ShouldContain("system_prompt");
        usage.Categories.ShouldAllBe(category => category.Name != "free_space" && category.Tokens >= 0);
    }

    [SkippableFact]
    public async Task SlashCommands_ShouldBeListedAndWork()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Otherwise = _ => Reply.Text("a reply of some length");
        var session = await bed.LaunchAsync();
        session.SlashCommands.Select(command => command.Name).Intersect(["compact", "clear", "context"], StringComparer.Ordinal).Count().ShouldBe(3);
        for (var i = 0; i < 3; i++)
        {
            await session.SayAsync($"before {i}");
            await session.TurnAsync();
        }

        await session.SayAsync("/context");
        var context = await session.TurnAsync();
        await session.SayAsync("/compact");
        var compact = await session.TurnAsync();
        await session.SayAsync("after compact");
        await session.TurnAsync();
        var compacted = bed.Api.Conversation[^1].BodyText;
        await session.SayAsync("/clear");
        var clear = await session.TurnAsync();
        await session.SayAsync("after clear");
        await session.TurnAsync();

        context.Of<AgentEvent.TextCompleted>().ShouldHaveSingleItem().Text.ShouldContain("Context Usage");
        compact.Ended().Outcome.ShouldBe(TurnOutcome.Completed);
        compacted.ShouldNotContain("before 0");
        compacted.ShouldContain("a reply of some length");
        clear.Of<AgentEvent.TurnStarted>()[^1].AgentSessionId.ShouldNotBe(bed.SessionId.Value);
        bed.Api.Conversation[^1].BodyText.ShouldNotContain("after compact");
        new[] { context, compact, clear }.SelectMany(turn => turn.Of<AgentEvent.Unknown>()).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task PlanMode_WhenThePlanIsAllowed_ShouldLeaveIt()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(Reply.ToolUse("ExitPlanMode", new { plan = "1. Do it" }), Reply.Text("on it"));
        var session = await bed.LaunchAsync(bed.LaunchOf(settings => settings with { PermissionMode = PermissionMode.Plan }));

        await session.SayAsync("plan it");
        var turn = await session.TurnAsync(ClaudeTestBed.Allow);

        var request = turn.Of<AgentEvent.PermissionRequest>().ShouldHaveSingleItem();
        request.ToolName.ShouldBe("ExitPlanMode");
        request.Input.GetProperty("plan").GetString().ShouldBe("1. Do it");
        turn.Of<AgentEvent.TurnStarted>()[0].PermissionMode.ShouldBe(PermissionMode.Plan);
        turn.Of<AgentEvent.PermissionModeChanged>()[^1].Mode.ShouldBe(PermissionMode.Default);
    }

    [SkippableFact]
    public async Task Question_WhenAnsweredByInput_ShouldReachClaude()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        object[] questions = [new { question = "Which color?", header = "Color", multiSelect = false, options = new[] { new { label = "Blue", description = "b" }, new { label = "Red", description = "r" } } }];
        bed.Api.Enqueue(Reply.ToolUse("AskUserQuestion", new { questions }), Reply.Text("blue it is"));
        var session = await bed.LaunchAsync();

        await session.SayAsync("ask me");
        await session.TurnAsync(request => ClaudeTestBed.Allow(request) with
        {
            Input = JsonSerializer.SerializeToElement(new { questions, answers = new Dictionary<string, string> { ["Which color?"] = "Blue" } }),
        });

        bed.Api.Conversation[^1].LastMessageText.ShouldContain("\"Which color?\"=\"Blue\"");
    }

    private static McpServer Tiny(string name) => new()
    {
        Name = name,
        Transport = McpTransport.Stdio,
        Command = TinyMcpServer.Command,
        Args = TinyMcpServer.Args(),
        Environment = [new NamedValue("TINY", "v4lue")],
        Headers = [],
    };
}
