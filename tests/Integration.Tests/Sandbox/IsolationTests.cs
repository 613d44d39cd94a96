using System.Net;
using System.Net.Sockets;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

/// <summary>What a process in the sandbox can do, tried with ordinary tools.</summary>
public sealed class IsolationTests
{
    [SkippableFact]
    public async Task Root_WhenListed_ShouldShowTheSystemAndTheSessionOnly()
    {
        await using var session = SandboxedSession.Start();

        var seen = await session.RunAsync("ls -d /* /home/* /run/* /opt/* | grep -vE '^/(bin|sbin|lib|lib32|lib64|libx32)$'");

        seen.Order(StringComparer.Ordinal).ShouldBe(
            ["/dev", "/etc", "/home", "/home/claude", "/opt", "/opt/tool", "/proc", "/run", "/run/claudy", "/tmp", "/usr", "/workspace"]);
    }

    [SkippableFact]
    public async Task Host_WhenLookedFor_ShouldNotBeSeen()
    {
        await using var session = SandboxedSession.Start();
        await File.WriteAllTextAsync(Path.Combine(session.Root, "database"), "x");
        Directory.CreateDirectory(Path.Combine(session.Root, "workspaces", "theirs"));

        var seen = await session.RunAsync(
            $"for p in /root /etc/shadow /etc/ssl/private /var /sys /boot /home/claude/../* {session.Root} {session.Root}/database {session.Policy.WorkspacePath}/../theirs /workspace/../workspaces /proc/{Environment.ProcessId}; do [ \"$p\" = /home/claude/../claude ] || [ ! -e $p ] || echo $p; done");

        seen.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task AgentsFolder_WhenListed_ShouldHoldTheBinaryAlone()
    {
        await using var session = SandboxedSession.Start();

        var seen = await session.RunAsync("ls -A /opt/tool; cat /opt/tool/tool; echo; cat /opt/tool/secret; echo x > /opt/tool/tool");

        seen[..2].ShouldBe(["tool", "the tool"]);
        seen[2].ShouldEndWith("No such file or directory");
        seen[3].ShouldEndWith("Read-only file system");
    }

    [SkippableFact]
    public async Task Processes_WhenListed_ShouldBeItsOwn()
    {
        await using var session = SandboxedSession.Start();

        var seen = await session.RunAsync("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | cut -c1-20; done");

        seen.Length.ShouldBeInRange(2, 4);
        seen.ShouldAllBe(command => command.StartsWith("/usr/bin/bwrap", StringComparison.Ordinal) || command.StartsWith("/bin/bash", StringComparison.Ordinal) || command.Length == 0 || command.StartsWith("tr ", StringComparison.Ordinal) || command.StartsWith("cut ", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Writing_WhenOutsideOfItsFolders_ShouldFail()
    {
        await using var session = SandboxedSession.Start();

        var written = await session.RunAsync(
            "for p in / /usr /usr/bin /etc /etc/passwd.d /home /opt /opt/tool /run /run/claudy /dev /proc /proc/sys/kernel; do touch $p/x 2>/dev/null && echo $p; done; echo x >> /etc/passwd && echo passwd");

        written.ShouldBe(["/bin/bash: line 1: /etc/passwd: Read-only file system"]);
    }

    [SkippableFact]
    public async Task KernelSettings_WhenTheServerIsRoot_ShouldNotBeWritable()
    {
        await using var session = SandboxedSession.Start();

        var writable = await session.RunAsync(
            "for f in $(find /proc/sys /proc/sysrq-trigger -type f 2>/dev/null); do (exec 3>>$f) 2>/dev/null && echo $f; done");

        writable.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Writing_WhenInItsFolders_ShouldReachTheHost()
    {
        await using var session = SandboxedSession.Start();

        await session.RunAsync("pwd > file; cd; pwd > /home/claude/file; echo x > /tmp/x; echo x > /dev/shm/x");

        (await File.ReadAllTextAsync(Path.Combine(session.Policy.WorkspacePath, "file"))).ShouldBe("/workspace\n");
        File.Exists(Path.Combine(session.Policy.HomePath, "file")).ShouldBeTrue();
        File.Exists("/tmp/x").ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Privileges_WhenLookedAt_ShouldBeNone()
    {
        await using var session = SandboxedSession.Start();

        var status = await session.RunAsync("grep -E '^(NoNewPrivs|Cap(Inh|Prm|Eff|Bnd|Amb)):' /proc/self/status; id -u; id -un; hostname");

        status.ShouldBe(
        [
            "CapInh:\t0000000000000000",
            "CapPrm:\t0000000000000000",
            "CapEff:\t0000000000000000",
            "CapBnd:\t0000000000000000",
            "CapAmb:\t0000000000000000",
            "NoNewPrivs:\t1",
            "1000",
            "claude",
            "claudy",
        ]);
    }

    [SkippableTheory]
    [InlineData("unshare --user true")]
    [InlineData("unshare --net true")]
    [InlineData("unshare --user --map-root-user mount -t tmpfs x /tmp")]
    [InlineData("mount -o remount,rw /usr")]
    [InlineData("chroot / true")]
    public async Task MorePrivileges_WhenAskedFor_ShouldBeRefused(string command)
    {
        await using var session = SandboxedSession.Start();

        var said = await session.RunAsync($"{command} >/dev/null 2>&1 && echo worked || echo refused");

        said.ShouldBe(["refused"]);
    }

    [SkippableFact]
    public async Task Environment_WhenPrinted_ShouldBeWhatWasGiven()
    {
        await using var session = SandboxedSession.Start();

        var seen = await session.RunAsync("cat /proc/*/environ | tr '\\0' '\\n' | grep -vE '^(PATH|PWD|SHLVL|OLDPWD|_)='");

        // The first process of the namespace is bubblewrap's own and keeps the marker that it was started with.
        seen.ShouldAllBe(entry => entry.StartsWith("CLAUDY_PROCESS=", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Network_WhenTried_ShouldNotReachTheHost()
    {
        await using var session = SandboxedSession.Start();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var said = await session.RunAsync($"exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected; cut -d: -f1 < <(tail -n +3 /proc/net/dev)");

        said[^1].Trim().ShouldBe("lo");
        said.ShouldContain(line => line.EndsWith("Connection refused", StringComparison.Ordinal));
        said.ShouldNotContain("connected");
        listener.Pending().ShouldBeFalse();
    }

    [SkippableFact]
    public async Task AbstractSocket_WhenTheHostListens_ShouldNotBeReached()
    {
        Tools.Require("socat");
        await using var session = SandboxedSession.Start();
        var name = $"claudy-test-{Guid.NewGuid()}";
        using var listener = Listen($"\0{name}");

        var said = await session.RunAsync($"socat -u /dev/null ABSTRACT-CONNECT:{name} && echo connected; true");

        said.ShouldHaveSingleItem().ShouldContain("Connection refused");
    }

    [SkippableFact]
    public async Task RuntimeSocket_WhenTheHostListens_ShouldBeReached()
    {
        Tools.Require("socat");
        await using var session = SandboxedSession.Start();
        using var listener = Listen(Path.Combine(session.Policy.RuntimePath, "api.sock"));
        var process = await session.StartAsync("socat - UNIX-CONNECT:/run/claudy/api.sock");

        using var accepted = await listener.AcceptAsync().WaitAsync(Eventually.Deadline);
        await accepted.SendAsync("hello\n"u8.ToArray());

        (await session.Spawning.NextLineAsync()).ShouldBe("hello");
        await process.StopAsync(TimeSpan.Zero, CancellationToken.None);
    }

    [SkippableFact]
    public async Task Limits_WhenExceeded_ShouldHold()
    {
        await using var session = SandboxedSession.Start(options =>
        {
            options.MaxOpenFiles = 300;
            options.MaxFileBytes = 1 << 20;
            options.MaxTemporaryBytes = 1 << 20;
        });

        var said = await session.RunAsync(
            "ulimit -n; ulimit -c; ulimit -f; head -c 2000000 /dev/zero > file; stat -c %s file; for i in 1 2; do head -c 600000 /dev/zero > /tmp/$i; done 2>/dev/null; du -s /tmp | cut -f1");

        said[..3].ShouldBe(["300", "0", "1024"]);
        said.ShouldContain("1048576");
        int.Parse(said[^1]).ShouldBeLessThanOrEqualTo(1024);
    }

    [SkippableFact]
    public async Task ProcessLimit_WhenExceeded_ShouldHoldForThisSandboxOnly()
    {
        await using var session = SandboxedSession.Start(options => options.MaxProcesses = 64);
        await using var other = SandboxedSession.Start(options => options.MaxProcesses = 64);
        var areGrouped = session.Spawning.Resources.Support.Controllers.HasFlag(Controllers.Processes);
        Skip.If(Environment.IsPrivilegedProcess && !areGrouped, "There are no control groups here, and the kernel exempts what root started from the other limit.");

        var process = await session.StartAsync("exec 2>&1; for i in $(seq 100); do sleep 100 & done; echo; echo not reached");
        var exit = await process.Exited.WaitAsync(Eventually.Deadline);

        session.Spawning.Lines().ShouldNotContain("not reached");
        exit.Exceeded.ShouldBe(areGrouped ? new ExceededLimit(LimitedResource.Processes, 64) : null);
        (await other.RunAsync("echo works")).ShouldBe(["works"]);
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return socket;
    }
}
