using System.Globalization;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

/// <summary>Processes that use too much, in the real sandbox: each is ended, its limit is told, and nothing of it is left.</summary>
public sealed class OveruseTests
{
    private const long MiB = 1 << 20;

    private readonly string _seconds = RunningProcesses.UniqueSeconds();

    [SkippableFact]
    public async Task ForkBomb_ShouldBeEnded()
    {
        await using var session = Limited(options => options.MaxProcesses = 100);

        var exceeded = await EndAsync(session, "bomb() { bomb | bomb & }; bomb");

        exceeded.ShouldBe(new ExceededLimit(LimitedResource.Processes, 100));
    }

    [SkippableFact]
    public async Task MemoryHog_ShouldBeEnded()
    {
        await using var session = Limited(options => options.MaxMemoryBytes = 64 * MiB);

        var exceeded = await EndAsync(session, "tail /dev/zero");

        exceeded.ShouldBe(new ExceededLimit(LimitedResource.Memory, 64 * MiB));
    }

    [SkippableTheory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public async Task TemporaryFiles_WhenTheyFillTheMemory_ShouldBeEnded(string folder)
    {
        await using var session = Limited(options => options.MaxMemoryBytes = 64 * MiB);

        var exceeded = await EndAsync(session, $"head -c 200M /dev/zero > {folder}/big");

        exceeded.ShouldBe(new ExceededLimit(LimitedResource.Memory, 64 * MiB));
    }

    [SkippableFact]
    public async Task DiskFiller_ShouldBeEnded()
    {
        await using var session = Limited(options => options.MaxDiskBytes = 32 * MiB);

        var exceeded = await EndAsync(session, "while i=$((i + 1)); do head -c 4M /dev/zero > /home/claude/$i; head -c 4M /dev/zero > $i; sleep 0.1; done");

        exceeded.ShouldBe(new ExceededLimit(LimitedResource.Disk, 32 * MiB));
    }

    [SkippableFact]
    public async Task DiskFiller_WhenItsFileHasNoName_ShouldBeEnded()
    {
        await using var session = Limited(options => options.MaxDiskBytes = 32 * MiB);

        var exceeded = await EndAsync(session, "exec 5>gone; rm gone; while head -c 4M /dev/zero >&5; do sleep 0.1; done");

        exceeded.ShouldBe(new ExceededLimit(LimitedResource.Disk, 32 * MiB));
    }

    [SkippableTheory]
    [InlineData(SandboxMode.Bubblewrap)]
    [InlineData(SandboxMode.None)]
    public async Task Escapes_WhenTheyHeedNoSignalAndForkTwice_ShouldBeEndedWithTheProcess(SandboxMode mode)
    {
        await using var session = Limited(_ => { }, mode);
        var process = await session.StartAsync(
            $$"""
            trap '' TERM HUP INT
            (env -i setsid bash -c 'trap "" TERM HUP INT; (setsid sleep {{_seconds}} &) & sleep {{_seconds}}' >/dev/null 2>&1 <&- &)
            echo ready
            sleep {{_seconds}}
            """);
        await session.Spawning.NextLineAsync();
        await Eventually.IsTrueAsync(() => RunningProcesses.Sleeping(_seconds) == 3, "all of them run");

        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);

        (await process.Exited).Exceeded.ShouldBeNull();
        NothingIsLeft(session);
    }

    [SkippableFact]
    public async Task Cpu_WhenItIsLimited_ShouldBeRationed()
    {
        await using var session = Limited(options => options.MaxCpuCores = 0.2);

        var said = await session.RunAsync("end=$((SECONDS + 3)); while [ $SECONDS -lt $end ]; do :; done; cut -d' ' -f14,15 /proc/$$/stat");

        // Hundredths of a second, of more than two whole ones.
        said.ShouldHaveSingleItem().Split(' ').Sum(ticks => int.Parse(ticks, CultureInfo.InvariantCulture)).ShouldBeLessThan(120);
        NothingIsLeft(session);
    }

    [SkippableFact]
    public async Task Neighbour_WhenOneUsesTooMuch_ShouldGoOn()
    {
        await using var session = Limited(options => options.MaxProcesses = 100);
        await using var other = Limited(options => options.MaxProcesses = 100);
        var neighbour = await other.StartAsync("echo here; read; echo still here");

        await EndAsync(session, "bomb() { bomb | bomb & }; bomb");
        await neighbour.WriteLineAsync(default, CancellationToken.None);
        var exit = await neighbour.Exited.WaitAsync(Eventually.Deadline);

        exit.ShouldBe(new ProcessExit(0, ""));
        other.Spawning.Lines().ShouldBe(["here", "still here"]);
    }

    private async Task<ExceededLimit?> EndAsync(SandboxedSession session, string script)
    {
        var process = await session.StartAsync($"trap '' TERM; {script}\necho survived; sleep {_seconds}");

        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        exit.ExitCode.ShouldNotBe(0);
        NothingIsLeft(session);
        return exit.Exceeded;
    }

    private void NothingIsLeft(SandboxedSession session)
    {
        RunningProcesses.With(_seconds).ShouldBeEmpty();
        RunningProcesses.With(session.Root).ShouldBeEmpty();
        Groups.Named($"{session.Policy.SessionId}").ShouldBeEmpty();
    }

    private static SandboxedSession Limited(Action<SandboxOptions> configure, SandboxMode mode = SandboxMode.Bubblewrap)
    {
        var session = SandboxedSession.Start(configure, mode);
        Groups.Require(session.Spawning.Resources);
        return session;
    }
}
