using System.Diagnostics;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class StoppingTests
{
    [Fact]
    public async Task StopAsync_WhenProcessHeedsTheEndOfStdin_ShouldLetItFinish()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("cat >/dev/null; echo finished; exit 3");

        await process.StopAsync(Eventually.Deadline, CancellationToken.None);

        (await process.Exited).ExitCode.ShouldBe(3);
        spawning.Lines().ShouldBe(["finished"]);
    }

    [Fact]
    public async Task StopAsync_WhenGraceIsOver_ShouldSendSigTerm()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("trap 'echo terminated; exit 5' TERM; echo ready; while :; do sleep 0.05; done");
        await spawning.NextLineAsync();

        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);

        (await process.Exited).ExitCode.ShouldBe(5);
        spawning.Lines().ShouldBe(["terminated"]);
    }

    [Fact]
    public async Task StopAsync_WhenSigTermIsIgnored_ShouldKill()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("trap '' TERM; echo ready; while :; do sleep 0.05; done");
        await spawning.NextLineAsync();

        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);

        (await process.Exited).ExitCode.ShouldBe(128 + 9);
    }

    [Fact]
    public async Task StopAsync_WhenCalledAgainLessPatiently_ShouldNotWaitForTheFirst()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("echo ready; sleep 1000");
        await spawning.NextLineAsync();
        var watch = Stopwatch.StartNew();

        var patient = process.StopAsync(TimeSpan.FromMinutes(10), CancellationToken.None);
        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);
        await patient.WaitAsync(Eventually.Deadline);

        watch.Elapsed.ShouldBeLessThan(Eventually.Deadline);
    }

    [Fact]
    public async Task StopAsync_WhenCallerGivesUp_ShouldEndTheProcessAllTheSame()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("echo ready; sleep 1000");
        await spawning.NextLineAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => process.StopAsync(TimeSpan.Zero, new CancellationToken(canceled: true)));

        await process.Exited.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task StopAsync_WhenProcessIsGone_ShouldChangeNothing()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("exit 8");
        await process.Exited.WaitAsync(Eventually.Deadline);

        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);
        await process.DisposeAsync();
        await process.DisposeAsync();

        (await process.Exited).ExitCode.ShouldBe(8);
    }
}
