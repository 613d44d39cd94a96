using System.Diagnostics;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The adapter with the real CLI: its start, its end, and its start again.</summary>
[Collection(ClaudeCodeCollection.Name)]
public sealed class ClaudeCodeLifetimeTests
{
    [SkippableTheory]
    [InlineData(SandboxMode.Bubblewrap)]
    [InlineData(SandboxMode.None)]
    public async Task Stop_WhenIdle_ShouldEndKindlyAndLeaveNoProcess(SandboxMode mode)
    {
        await using var bed = await ClaudeTestBed.MakeAsync(mode);
        var session = await bed.LaunchAsync();
        bed.RunningProcesses().ShouldNotBeEmpty();

        await session.StopAsync(TimeSpan.FromSeconds(10), CancellationToken.None);

        (await session.NextAsync<AgentEvent.Exited>()).ExitCode.ShouldBe(0);
        session.Events.Completion.IsCompleted.ShouldBeTrue();
        bed.RunningProcesses().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Stop_WhenACommandRuns_ShouldTakeItsProcessesAlong()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(ClaudeTestBed.Bash("touch started; sleep 300 & sleep 300"));
        var session = await bed.LaunchAsync();
        await session.SayAsync("wait");
        await AllowNextAsync(session);
        await AppearAsync(bed.PathOf("started"));

        var clock = Stopwatch.StartNew();
        await session.StopAsync(TimeSpan.FromSeconds(3), CancellationToken.None);

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        bed.RunningProcesses().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Resume_WhenKilledMidAnswer_ShouldRememberTheConversation()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(Reply.Text("I will remember"), Reply.TextChunks("half ", "whole").HeldAt(new Gate(), chunk: 1));
        var session = await bed.LaunchAsync();
        await session.SayAsync("the codeword is banana");
        var agentSession = (await session.TurnAsync()).Of<AgentEvent.TurnStarted>()[0].AgentSessionId;
        await session.SayAsync("count");
        await session.NextAsync<AgentEvent.TextDelta>();
        await ClaudeTranscripts.HoldAsync(bed.LaunchOf().HomePath, "the codeword is banana");

        bed.Kill();
        var exited = await session.NextAsync<AgentEvent.Exited>();
        bed.Api.Enqueue(Reply.Text("banana"));
        var resumed = await bed.LaunchAsync(bed.LaunchOf(resume: agentSession));
        await resumed.SayAsync("what was it?");
        var turn = await resumed.TurnAsync();

        exited.ExitCode.ShouldBe(137);
        turn.Of<AgentEvent.TurnStarted>()[0].AgentSessionId.ShouldBe(agentSession);
        bed.Api.Conversation[^1].BodyText.ShouldContain("the codeword is banana");
        turn.Shown().ShouldBe("banana");
    }

    [SkippableFact]
    public async Task Launch_WhenThereIsATranscriptOfAnEarlierStart_ShouldResumeIt()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();
        bed.Api.Enqueue(Reply.Text("noted"), Reply.Text("banana"));
        var first = await bed.LaunchAsync();
        await first.SayAsync("the codeword is banana");
        await first.TurnAsync();
        await first.StopAsync(TimeSpan.FromSeconds(10), CancellationToken.None);

        var second = await bed.LaunchAsync();
        await second.SayAsync("what was it?");
        await second.TurnAsync();

        bed.Api.Conversation[^1].BodyText.ShouldContain("the codeword is banana");
    }

    [SkippableFact]
    public async Task Launch_WhenTheTranscriptIsMissing_ShouldFailWithThatReason()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();

        var launched = await bed.TryLaunchAsync(bed.LaunchOf(resume: Guid.NewGuid()));

        launched.Error!.Code.ShouldBe("SESSION_001");
        launched.Error.Reason.ShouldBe("agent_transcript_missing");
        bed.RunningProcesses().ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Launch_WhenPermissionsAreToBeBypassedWithoutASandbox_ShouldRefuse()
    {
        await using var bed = await ClaudeTestBed.MakeAsync(SandboxMode.None);

        var launched = await bed.TryLaunchAsync(bed.LaunchOf(settings => settings with { PermissionMode = PermissionMode.BypassPermissions }));

        launched.Error!.Reason.ShouldBe("mode_needs_sandbox");
    }

    [SkippableFact]
    public async Task Probe_WhenInstalled_ShouldTellVersionAndPath()
    {
        await using var bed = await ClaudeTestBed.MakeAsync();

        var info = await bed.Launcher.ProbeAsync(CancellationToken.None);

        Version.TryParse(info.Value.Version, out _).ShouldBeTrue(info.Value.Version);
        File.Exists(info.Value.Path).ShouldBeTrue();
        info.Value.Sandbox.ShouldBe(bed.Sandbox.Description);
    }

    private static async Task AllowNextAsync(IAgentSession session)
    {
        var request = await session.NextAsync<AgentEvent.PermissionRequest>();
        await session.AnswerPermissionAsync(request.RequestId, ClaudeTestBed.Allow(request), CancellationToken.None);
    }

    private static async Task AppearAsync(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!) { EnableRaisingEvents = true };
        var appeared = new TaskCompletionSource();
        watcher.Created += (_, created) =>
        {
            if (created.FullPath == path)
                appeared.TrySetResult();
        };
        if (!File.Exists(path))
            await appeared.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
