using System.Diagnostics;
using Claudy.Integration.Tests.Processes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

public sealed class SandboxLifetimeTests
{
    private readonly string _seconds = RunningProcesses.UniqueSeconds();

    /// <summary>Leaves three processes that heed no signal, two without an environment, one that holds the output open.</summary>
    private string Escapes =>
        $"""
        trap '' TERM HUP
        (setsid bash -c 'trap "" TERM HUP; (setsid nohup sleep {_seconds} >/dev/null 2>&1 <&- &)' &)
        (env -i setsid sleep {_seconds} >/dev/null 2>&1 <&- &)
        (env -i setsid sleep {_seconds} &)
        echo ready
        """;

    [SkippableFact]
    public async Task Exited_WhenDescendantsEscaped_ShouldComeWhenAllAreGone()
    {
        await using var session = SandboxedSession.Start();
        var process = await session.StartAsync($"{Escapes}\nread; exit 6");
        await AllRunAsync(session);

        await process.WriteLineAsync(default, CancellationToken.None);
        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        RunningProcesses.With(_seconds).ShouldBeEmpty();
        exit.ExitCode.ShouldBe(6);
    }

    [SkippableFact]
    public async Task StopAsync_WhenDescendantsEscaped_ShouldLeaveNothing()
    {
        await using var session = SandboxedSession.Start();
        var process = await session.StartAsync($"{Escapes}\nsleep 1000; exit 6");
        await AllRunAsync(session);

        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);

        RunningProcesses.With(_seconds).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task DieWithParent_WhenTheServerIsKilled_ShouldLeaveNothing()
    {
        await using var session = SandboxedSession.Start();
        var command = session.Bash($"{Escapes}\nsleep 1000; exit 6");
        var start = new ProcessStartInfo("/bin/bash", ["-c", "\"$@\" & wait", "server", command.FileName, .. command.Arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var server = Process.Start(start)!;
        await server.StandardOutput.ReadLineAsync();
        await Eventually.IsTrueAsync(() => RunningProcesses.Sleeping(_seconds) == 3, "all descendants run");

        server.Kill();

        await Eventually.IsTrueAsync(() => RunningProcesses.With(_seconds).Length == 0, "all descendants are gone");
    }

    [SkippableFact]
    public async Task SpawnerDispose_WhenASandboxRuns_ShouldEndIt()
    {
        await using var session = SandboxedSession.Start();
        var process = await session.StartAsync($"{Escapes}\nsleep 1000; exit 6");
        await AllRunAsync(session);

        session.Spawning.Spawner.Dispose();
        await process.Exited.WaitAsync(Eventually.Deadline);

        RunningProcesses.With(_seconds).ShouldBeEmpty();
    }

    private async Task AllRunAsync(SandboxedSession session)
    {
        await session.Spawning.NextLineAsync();
        await Eventually.IsTrueAsync(() => RunningProcesses.Sleeping(_seconds) == 3, "all descendants run");
    }
}
