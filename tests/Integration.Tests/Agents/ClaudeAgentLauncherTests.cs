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

    [Fact]
    public async Task Launch_WhenTheProcessHangsOnWhatItResumes_ShouldSayThatItCannotBeResumed()
    {
        // As the CLI does with an assistant's message without a model.
        var launching = _launcher.LaunchAsync(Launches.Any with { ResumeAgentSessionId = Guid.NewGuid() }, CancellationToken.None);
        await _process.HearAsync();
        while (!launching.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        (await launching).Error!.Reason.ShouldBe("agent_transcript_missing");
    }

    [Fact]
    public async Task Launch_WhenWhatWasRebuiltIsNotFound_ShouldSayThatRebuildingFailed()
    {
        using var home = new TemporaryHome();
        var launching = _launcher.LaunchAsync(Launches.Any with { HomePath = home.Path, Memory = Memory }, CancellationToken.None);
        await _process.HearAsync();
        _process.Exit(1, "No conversation found with session ID");

        (await launching.WaitAsync(Deadline)).Error!.Reason.ShouldBe("agent_rebuild_failed");
    }

    [Fact]
    public async Task Launch_WhenTheMemoryCannotBeWritten_ShouldSayThatRebuildingFailed()
    {
        using var home = new TemporaryHome();
        File.WriteAllText(Path.Combine(home.Path, ".claude"), "not a folder");

        var launched = await _launcher.LaunchAsync(Launches.Any with { HomePath = home.Path, Memory = Memory }, CancellationToken.None);

        launched.Error!.Reason.ShouldBe("agent_rebuild_failed");
    }

    [Fact]
    public async Task Launch_WhenThereAreSettings_ShouldGiveThemInAFileOfTheServersUserAlone()
    {
        using var run = new TemporaryHome();
        var settings = Path.Combine(run.Path, "settings.json");
        var elsewhere = Path.Combine(run.Path, "elsewhere");
        File.WriteAllText(elsewhere, "kept");
        File.CreateSymbolicLink(settings, elsewhere);
        var launch = Launches.Any with
        {
            HomePath = run.Path,
            ApiSocketPath = Path.Combine(run.Path, "api.sock"),
            Settings = Launches.Any.Settings with { DisallowedTools = ["WebFetch"] },
            Configuration = WorkspaceConfiguration.Of([new WorkspaceHook("SessionStart", null, "touch started", null, null, null, false, false)], [], [], [], []),
        };

        var launching = _launcher.LaunchAsync(launch, CancellationToken.None);
        await _process.HearAsync();

        File.GetUnixFileMode(settings).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllText(settings).ShouldBe("""{"permissions":{"deny":["WebFetch"]},"hooks":{"SessionStart":[{"hooks":[{"command":"touch started","type":"command"}]}]}}""");
        File.ReadAllText(elsewhere).ShouldBe("kept");
        _process.Exit(1);
        await launching.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Launch_WhenTheSettingsCannotBeWritten_ShouldNotStartWithoutThem()
    {
        var launch = Launches.Any with { HomePath = Path.GetTempPath(), ApiSocketPath = "/proc/api.sock", Settings = Launches.Any.Settings with { DisallowedTools = ["WebFetch"] } };

        var launched = await _launcher.LaunchAsync(launch, CancellationToken.None).WaitAsync(Deadline);

        launched.Error!.Message.ShouldContain("settings could not be written");
    }

    private static Conversation Memory { get; } = new([new ConversationTurn(1, new ChatMessage("m", null, "hi", []), [], DateTimeOffset.UnixEpoch, false)], false);

    private sealed class TemporaryHome : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-launch-");

        public string Path => _folder.FullName;

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
