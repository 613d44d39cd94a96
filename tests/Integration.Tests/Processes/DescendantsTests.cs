using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class DescendantsTests
{
    private readonly string _seconds = RunningProcesses.UniqueSeconds();

    [Theory]
    [InlineData("sleep {0} &")]
    [InlineData("nohup sleep {0} >/dev/null 2>&1 &")]
    [InlineData("(setsid bash -c 'trap \"\" TERM HUP; (setsid sleep {0} >/dev/null 2>&1 <&- &)' &)")]
    [InlineData("setsid bash -c 'while :; do sleep {0}; done' >/dev/null 2>&1 &")]
    [InlineData("env -i bash -c 'sleep {0} & sleep {0}' >/dev/null 2>&1 &")]
    public async Task Exited_WhenDescendantsWereLeft_ShouldComeWhenAllAreGone(string escape)
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync($"{escape.Replace("{0}", _seconds, StringComparison.Ordinal)}\necho ready; read; exit 0");
        await spawning.NextLineAsync();
        await Eventually.IsTrueAsync(() => RunningProcesses.Sleeping(_seconds) > 0, "the descendant runs");

        await process.WriteLineAsync(default, CancellationToken.None);
        await process.Exited.WaitAsync(Eventually.Deadline);

        RunningProcesses.With(_seconds).ShouldBeEmpty();
    }

    [Fact]
    public async Task StopAsync_WhenDescendantsIgnoreSigTerm_ShouldLeaveNothing()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync(
            $"""
            trap '' TERM HUP
            (setsid bash -c 'trap "" TERM HUP; (setsid nohup sleep {_seconds} &) ; sleep {_seconds}' &)
            echo ready
            sleep {_seconds}
            """);
        await spawning.NextLineAsync();
        await Eventually.IsTrueAsync(() => RunningProcesses.Sleeping(_seconds) == 3, "all descendants run");

        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);

        RunningProcesses.With(_seconds).ShouldBeEmpty();
    }

    [Fact]
    public async Task Exited_WhenOneHidesFromTheHuntAndHoldsTheOutput_ShouldNotWaitForIt()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync($"env -i setsid sleep {_seconds} & read; exit 0");
        await Eventually.IsTrueAsync(() => RunningProcesses.Sleeping(_seconds) == 1, "the descendant runs");

        await process.WriteLineAsync(default, CancellationToken.None);
        await process.Exited.WaitAsync(Eventually.Deadline);

        var hidden = RunningProcesses.With(_seconds).ShouldHaveSingleItem();
        System.Diagnostics.Process.GetProcessById(hidden).Kill();
    }

    [Fact]
    public async Task Dispose_WhenOneThatHidesWritesTooLongALineLater_ShouldSurviveIt()
    {
        await using var spawning = new Spawning(maxLineBytes: 100_000);
        var go = Path.Combine(spawning.Folder, "go");
        var process = await spawning.BashAsync(
            $"env -i setsid bash -c 'touch {go}.hidden; until [ -e {go} ]; do sleep 0.05; done; head -c 1000000 /dev/zero; touch {go}ne' {_seconds} 2>/dev/null & read; exit 0");
        await Eventually.IsTrueAsync(() => File.Exists(go + ".hidden"), "the descendant hides");
        await process.WriteLineAsync(default, CancellationToken.None);
        await process.Exited.WaitAsync(Eventually.Deadline);
        await process.DisposeAsync();

        await File.WriteAllTextAsync(go, "");

        // The thread that reads ended without ending the test run: the pipe broke.
        await Eventually.IsTrueAsync(() => File.Exists(go + "ne"), "the output is not read any more");
        await Eventually.IsTrueAsync(() => RunningProcesses.With(_seconds).Length == 0, "the descendant ended");
        process.Exited.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task Exited_WhenAnotherProcessIsTheServers_ShouldNotTouchIt()
    {
        await using var spawning = new Spawning();
        var bystander = await spawning.BashAsync("echo ready; read; exit 9");
        await spawning.NextLineAsync();

        var process = await spawning.BashAsync("sleep 1000 & exit 0");
        await process.Exited.WaitAsync(Eventually.Deadline);
        await bystander.WriteLineAsync(default, CancellationToken.None);

        (await bystander.Exited.WaitAsync(Eventually.Deadline)).ExitCode.ShouldBe(9);
    }

    [Fact]
    public async Task Dispose_WhenTheSpawningThreadEndsAsAKilledServersWould_ShouldEndTheProcess()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("trap '' TERM HUP; echo ready; sleep 1000");
        await spawning.NextLineAsync();

        spawning.Spawner.Dispose();

        (await process.Exited.WaitAsync(Eventually.Deadline)).ExitCode.ShouldBe(128 + 9);
    }

    [Fact]
    public async Task StartAsync_WhenManyThreadsAskAndEnd_ShouldKeepTheProcesses()
    {
        await using var spawning = new Spawning();
        var starting = new TaskCompletionSource<Task<Infrastructure.Processes.IChildProcess>>();
        var asker = new Thread(() => starting.SetResult(spawning.BashAsync("echo ready; read; exit 4")));
        asker.Start();
        var process = await await starting.Task;
        asker.Join();
        await spawning.NextLineAsync();

        await process.WriteLineAsync(default, CancellationToken.None);

        (await process.Exited.WaitAsync(Eventually.Deadline)).ExitCode.ShouldBe(4);
    }
}
