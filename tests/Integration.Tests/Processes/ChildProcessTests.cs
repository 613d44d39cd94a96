using System.Text;
using Claudy.Infrastructure.Processes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task Exited_WhenProcessEnds_ShouldTellCodeAndStderrAfterAllLines()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("echo one; echo two; echo oops >&2; printf three; exit 7");

        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        exit.ShouldBe(new ProcessExit(7, "oops\n"));
        spawning.Lines().ShouldBe(["one", "two", "three"]);
    }

    [Fact]
    public async Task Exited_WhenASignalEndsIt_ShouldTellTheSignal()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("kill -TERM $$");

        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        exit.ExitCode.ShouldBe(128 + 15);
    }

    [Fact]
    public async Task Exited_WhenStderrIsLong_ShouldKeepItsEnd()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("seq 100000 >&2");

        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        exit.ErrorTail.Length.ShouldBe(4096);
        exit.ErrorTail.ShouldEndWith("99999\n100000\n");
    }

    [Fact]
    public async Task Exited_WhenOutputIsLong_ShouldComeAfterTheLastLine()
    {
        await using var spawning = new Spawning();
        var lines = 0;
        var process = await spawning.BashAsync("seq 200000", _ => lines++);

        await process.Exited.WaitAsync(Eventually.Deadline);

        lines.ShouldBe(200_000);
    }

    [Fact]
    public async Task Exited_WhenALineIsTooLong_ShouldTellSo()
    {
        await using var spawning = new Spawning(maxLineBytes: 100_000);
        var process = await spawning.BashAsync("head -c 200000 /dev/zero; sleep 1000");

        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        exit.Fault.ShouldBe("It wrote a line of more than 100000 bytes.");
        exit.ExitCode.ShouldBe(128 + 9);
    }

    [Fact]
    public async Task Exited_WhenALineCannotBeHandled_ShouldTellSo()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("echo x; sleep 1000", _ => throw new InvalidOperationException("boom"));

        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        exit.Fault.ShouldBe("Its output could not be handled.");
    }

    [SkippableFact]
    public async Task OnLine_WhenItBlocks_ShouldHoldUpTheProcess()
    {
        Skip.IfNot(File.Exists("/proc/self/wchan"), "This kernel does not tell what a process waits for.");
        await using var spawning = new Spawning();
        using var gate = new ManualResetEventSlim();
        var progress = Path.Combine(spawning.Folder, "progress");
        var process = await spawning.BashAsync($"printf '%s\\n' {{1..60000}}; echo > {progress}", _ => gate.Wait());

        await Eventually.IsTrueAsync(() => IsBlockedWriting(process.Id), "the process waits for the pipe");
        var progressed = File.Exists(progress);
        gate.Set();
        await process.Exited.WaitAsync(Eventually.Deadline);

        progressed.ShouldBeFalse();
        File.Exists(progress).ShouldBeTrue();
    }

    [Fact]
    public async Task WriteLineAsync_WhenManyWrite_ShouldKeepLinesWhole()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("cat");
        string[] lines = [.. Enumerable.Range(0, 50).Select(i => new string((char)('A' + (i % 26)), 20_000 + i))];

        await Task.WhenAll(lines.Select(line => process.WriteLineAsync(Encoding.UTF8.GetBytes(line), CancellationToken.None).AsTask()));
        await process.StopAsync(Eventually.Deadline, CancellationToken.None);

        spawning.Lines().ShouldBe(lines, ignoreOrder: true);
    }

    [Fact]
    public async Task WriteLineAsync_WhenProcessIsGone_ShouldBeFalse()
    {
        await using var spawning = new Spawning();
        var process = await spawning.BashAsync("exit");
        await process.Exited.WaitAsync(Eventually.Deadline);

        var written = await process.WriteLineAsync("x"u8.ToArray(), CancellationToken.None);

        written.ShouldBeFalse();
    }

    [Fact]
    public async Task StartAsync_WhenServerHasAnEnvironment_ShouldPassNoneOfIt()
    {
        await using var spawning = new Spawning();
        var process = await spawning.StartAsync(spawning.Bash("") with { FileName = "/usr/bin/env", Arguments = [] });

        await process.Exited.WaitAsync(Eventually.Deadline);

        spawning.Lines().Select(line => line.Split('=')[0]).ShouldBe(["CLAUDY_PROCESS", "PATH"], ignoreOrder: true);
    }

    [Fact]
    public async Task StartAsync_WhenProgramIsMissing_ShouldSaySo()
    {
        await using var spawning = new Spawning();

        var started = await spawning.Spawner.StartAsync(spawning.Bash("") with { FileName = "/no/such/program" }, _ => { }, CancellationToken.None);

        started.Error!.Message.ShouldBe("There is no program /no/such/program.");
    }

    [Fact]
    public async Task StartAsync_WhenFolderIsMissing_ShouldSaySo()
    {
        await using var spawning = new Spawning();

        var started = await spawning.Spawner.StartAsync(spawning.Bash("") with { WorkingDirectory = "/no/such/folder" }, _ => { }, CancellationToken.None);

        started.Error!.Message.ShouldBe("There is no folder /no/such/folder.");
    }

    [Fact]
    public async Task StartAsync_WhenArgumentsLookLikeOptionsOrShell_ShouldPassThemAsTheyAre()
    {
        await using var spawning = new Spawning();
        string[] odd = ["--help", "-c", "$HOME; `id`", "a\nb", "'\"", ""];
        var process = await spawning.StartAsync(spawning.Bash("") with
        {
            Arguments = ["-c", "for a in \"$@\"; do printf '%s' \"$a\" | base64 -w0; echo; done", "bash", .. odd],
        });

        await process.Exited.WaitAsync(Eventually.Deadline);

        spawning.Lines().Select(line => Encoding.UTF8.GetString(Convert.FromBase64String(line))).ShouldBe(odd);
    }

    private static bool IsBlockedWriting(int id) => File.ReadAllText($"/proc/{id}/wchan").Contains("pipe_write", StringComparison.Ordinal);
}
