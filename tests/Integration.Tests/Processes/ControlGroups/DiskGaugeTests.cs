using System.Diagnostics;
using Claudy.Infrastructure.Processes.ControlGroups;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes.ControlGroups;

public sealed class DiskGaugeTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly string _workspace = Directory.CreateTempSubdirectory("claudy-test-").FullName;
    private readonly DiskTries _tries = new();
    private readonly string _home = Directory.CreateTempSubdirectory("claudy-test-").FullName;

    [Fact]
    public async Task MeasureAsync_ShouldCountWhatTakesUpRoomHoweverItIsHidden()
    {
        Run("""
            head -c 1M /dev/zero > $'\xff'
            mkdir -p $'\xfe/\xfd'; head -c 1M /dev/zero > $'\xfe/\xfd/file'
            mkdir -p $(printf 'd/%.0s' $(seq 400)); (cd $(printf 'd/%.0s' $(seq 400)); head -c 1M /dev/zero > file)
            head -c 1M /dev/zero > one; ln one two
            truncate -s 500M holes
            ln -s /usr usr
            """);

        (await DiskUsage.MeasureAsync([_workspace, _home], CancellationToken.None)).ShouldBeInRange(4 * MiB, 8 * MiB);
    }

    [Fact]
    public async Task OfNameless_WhenAFileIsDeletedAndOpen_ShouldCountIt()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", "exec 5>gone 6</dev/null 7>kept; rm gone; head -c 3M /dev/zero >&5; head -c 3M /dev/zero >&7; echo; read"])
        {
            WorkingDirectory = _workspace,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        await process.StandardOutput.ReadLineAsync();

        DiskUsage.OfNameless([process.Id, int.MaxValue], [_workspace], default).ShouldBe(3 * MiB);
        DiskUsage.OfNameless([process.Id], ["/dev/shm"], default).ShouldBe(0);

        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    [Fact]
    public async Task IsExceededAsync_WhenBothFoldersTogetherHoldTooMuch_ShouldSaySo()
    {
        var gauge = Start();
        (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();

        Write(_workspace, "a", 6);
        (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
        Write(_home, "b", 6);
        (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeTrue();
    }

    // The limit is 10 MiB here, and a process that begins beyond it may grow to 26 MiB.
    [Fact]
    public async Task IsExceededAsync_WhenTheyHeldTooMuchBefore_ShouldAllowALittleBeyondTheLimit()
    {
        Write(_workspace, "a", 15);
        var gauge = Start();
        (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();

        Write(_home, "b", 8);
        (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
        Write(_home, "c", 8);
        (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task IsExceededAsync_WhenItIsStartedAgainAndAgain_ShouldAllowNoMoreEachTime()
    {
        Write(_workspace, "a", 15);
        await Start().IsExceededAsync([], CancellationToken.None);
        Write(_workspace, "a", 25);

        var again = Start();
        (await again.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
        Write(_home, "b", 2);
        (await again.IsExceededAsync([], CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task IsExceededAsync_WhenFarTooMuchGrewInEachTry_ShouldAllowNoFurtherOne()
    {
        for (var round = 1; round <= DiskTries.Most; round++)
        {
            Write(_workspace, "a", 20 + (20 * round));
            var gauge = Start();
            (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
            Write(_workspace, "a", 40 + (20 * round));
            (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeTrue();
        }

        (await Start().IsExceededAsync([], CancellationToken.None)).ShouldBeTrue();
        (await Start("another").IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task IsExceededAsync_WhenSomethingIsDeletedInATry_ShouldAllowFurtherTriesButNotToFillItAgain()
    {
        for (var round = 0; round <= DiskTries.Most; round++)
        {
            Write(_workspace, "a", 60);
            var gauge = Start();
            (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
            Write(_workspace, "a", 5);
            (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeFalse();
            Write(_workspace, "a", 15);
            (await gauge.IsExceededAsync([], CancellationToken.None)).ShouldBeTrue();
        }
    }

    public void Dispose()
    {
        Run("rm -rf -- *");
        Directory.Delete(_workspace, recursive: true);
        Directory.Delete(_home, recursive: true);
    }

    private DiskGauge Start(string name = "session") => new(name, 10 * MiB, [_workspace, _home], _tries, TimeProvider.System);

    private static void Write(string folder, string name, int megabytes) => File.WriteAllBytes(Path.Combine(folder, name), new byte[megabytes * MiB]);

    private void Run(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { WorkingDirectory = _workspace })!;
        bash.WaitForExit(Eventually.Deadline).ShouldBeTrue();
    }
}
