using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Infrastructure.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The launcher with a process that the test plays.</summary>
public sealed class ClaudeAgentLauncherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly FakeClaudeProcess _process = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ClaudeAgentLauncher _launcher;

    public ClaudeAgentLauncherTests()
    {
        var sandbox = new SandboxProbe(Options.Create(new SandboxOptions { Mode = SandboxMode.None, StatePath = Path.GetTempPath() })).Choose();
        _launcher = new ClaudeAgentLauncher(
            _process,
            sandbox,
            new ResourceControl(Options.Create(new ProcessOptions()), _time, NullLogger<ResourceControl>.Instance),
            Options.Create(new ClaudeOptions { CodePath = Environment.ProcessPath }),
            _time,
            NullLogger<ClaudeAgentLauncher>.Instance);
    }

    [Fact]
    public async Task Launch_WhenStdinBreaksBeforeTheEndIsKnown_ShouldTellWhatTheProcessSaid()
    {
        _process.IsReading = false;

        var launching = _launcher.LaunchAsync(Launches.Any with { ResumeAgentSessionId = Guid.NewGuid() }, CancellationToken.None);
        _process.Exit(1, "No conversation found with session ID");
        var launched = await launching.WaitAsync(Deadline);

        launched.Error!.Reason.ShouldBe("agent_transcript_missing");
    }

    [Fact]
    public async Task Launch_WhenTheStartExceedsALimit_ShouldSayWhich()
    {
        _process.IsReading = false;

        var launching = _launcher.LaunchAsync(Launches.Any, CancellationToken.None);
        _process.Exit(137, exceeded: new ExceededLimit(LimitedResource.Memory, 256L << 20));
        var launched = await launching.WaitAsync(Deadline);

        launched.Error!.Code.ShouldBe("SESSION_015");
        launched.Error.Message.ShouldContain("256 MiB");
    }

    [Fact]
    public async Task Launch_WhenStdinBreaksAndTheProcessStays_ShouldGiveUp()
    {
        _process.IsReading = false;

        var launching = _launcher.LaunchAsync(Launches.Any, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(5));
        var launched = await launching.WaitAsync(Deadline);

        launched.Error!.Code.ShouldBe("SESSION_001");
    }
}
