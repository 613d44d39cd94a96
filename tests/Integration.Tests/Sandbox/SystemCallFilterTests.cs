using System.Runtime.InteropServices;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

/// <summary>What namespaces do not isolate, tried in the sandbox; outside, where it makes a difference, to see that the try is a true one.</summary>
public sealed class SystemCallFilterTests
{
    [SkippableFact]
    public async Task Status_WhenLookedAt_ShouldShowTheFilterAndItsFileClosed()
    {
        await using var session = SandboxedSession.Start();

        var status = await session.RunAsync("grep '^Seccomp:' /proc/self/status; [ -e /proc/self/fd/9 ] || echo closed");

        status.ShouldBe(["Seccomp:\t2", "closed"]);
    }

    [SkippableTheory]
    [InlineData("vsock", "socket(40, 1, 0)", 97)]
    [InlineData("pair of vsocks", "socketpair(40, 1, 0, 0)", 97)]
    [InlineData("add_key", "add_key(0, 0, 0, 0, -3)", 1)]
    [InlineData("request_key", "request_key(0, 0, 0, 0)", 1)]
    [InlineData("keyctl", "keyctl(0, -3, 0)", 1)]
    [InlineData("io_uring", "io_uring_setup(1, 0)", 1)]
    [InlineData("x32", "x32(0)", 1)]
    [InlineData("another family", "socket(1, 1, 0)", 0)]
    [InlineData("another pair", "socketpair(1, 1, 0, 0)", 14)]
    public async Task Call_WhenMade_ShouldEndWith(string what, string call, int error)
    {
        Tools.Require("perl");
        Skip.IfNot(RuntimeInformation.OSArchitecture == Architecture.X64, "The numbers of these calls are those of x86-64.");
        await using var session = SandboxedSession.Start();

        var said = await session.RunAsync($"perl -e '$r = syscall({Numbered(call)}); print $r < 0 ? $!+0 : 0'");

        said.ShouldBe([$"{error}"], what);
    }

    [SkippableFact]
    public async Task SessionKeyring_WhenTheServerHasOne_ShouldNotBeTheChilds()
    {
        Tools.Require("perl");
        Skip.IfNot(RuntimeInformation.OSArchitecture == Architecture.X64, "The number of this call is that of x86-64.");
        const string id = "perl -e '$r = syscall(250, 0, -3, 0); print $r < 0 ? -($!+0) : $r'";
        await using var first = new Processes.Spawning();
        await using var second = new Processes.Spawning();

        var one = await Said(first, id);
        var another = await Said(second, id);

        Skip.If(one.StartsWith('-'), "This kernel, or a container, has no keyrings for us.");
        one.ShouldNotBe(another);
    }

    [Theory]
    [InlineData(Architecture.X64, 21)]
    [InlineData(Architecture.Arm64, 19)]
    public void For_WhenTheProcessorIsKnown_ShouldOnlyJumpForwardsWithinTheProgram(Architecture architecture, int instructions)
    {
        var filter = SystemCallFilter.For(architecture)!;

        filter.Length.ShouldBe(instructions * 8);
        var jumps = Enumerable.Range(0, instructions).Where(i => (filter[i * 8] & 7) == 5).ToList();
        jumps.ShouldAllBe(i => i + 1 + Math.Max(filter[(i * 8) + 2], filter[(i * 8) + 3]) < instructions);
        filter[^8].ShouldBe((byte)6);
    }

    [Fact]
    public void Write_WhenDone_ShouldBeTheOwnersAlone()
    {
        var folder = Directory.CreateTempSubdirectory("claudy-test-");

        var path = SystemCallFilter.Write(folder.FullName)!;

        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadAllBytes(path).ShouldBe(SystemCallFilter.For(RuntimeInformation.OSArchitecture));
        folder.Delete(recursive: true);
    }

    private static string Numbered(string call)
    {
        var (name, arguments) = (call[..call.IndexOf('(')], call[(call.IndexOf('(') + 1)..^1]);
        var number = name switch
        {
            "socket" => 41,
            "socketpair" => 53,
            "add_key" => 248,
            "request_key" => 249,
            "keyctl" => 250,
            "io_uring_setup" => 425,
            _ => 0x40000000 + 39,
        };
        return $"{number}, {arguments}";
    }

    private static async Task<string> Said(Processes.Spawning spawning, string script)
    {
        var process = await spawning.BashAsync(script);
        await process.Exited.WaitAsync(Processes.Eventually.Deadline);
        return spawning.Lines().ShouldHaveSingleItem();
    }
}
