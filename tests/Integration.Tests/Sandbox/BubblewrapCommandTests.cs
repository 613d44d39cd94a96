using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

public sealed class BubblewrapCommandTests
{
    private static readonly BubblewrapHost Host = new()
    {
        Bubblewrap = "/usr/bin/bwrap",
        Version = new Version(0, 8, 0),
        Prlimit = "/usr/bin/prlimit",
        Socat = "/usr/bin/socat",
        SystemFolders = new SortedDictionary<string, string?>(StringComparer.Ordinal) { ["/bin"] = "usr/bin", ["/lib"] = null },
        EtcPath = "/data/sandbox/etc",
        FilterPath = "/data/sandbox/filter",
        ReadOnlyPaths = ["/nix"],
        PrivatePaths = new PrivatePaths(["/data", "/srv/keys/jwt.pem"]),
        MaxTemporaryBytes = 1048576,
        Limits = new ResourceLimits(100, 200, 300),
    };

    private static readonly SandboxPolicy Policy = new()
    {
        SessionId = new SessionId(Guid.Empty),
        WorkspacePath = "/data/workspaces/s1",
        HomePath = "/data/homes/s1",
        RuntimePath = "/run/user/0/s1",
        ReadOnlyMounts = [new ReadOnlyMount("/srv/npm/claude", "/opt/claude-code/claude")],
    };

    private static readonly ProcessSpec Inner = new()
    {
        FileName = "/opt/claude-code/claude",
        Arguments = ["-p", "--model=x; y"],
        Environment = new Dictionary<string, string> { ["HOME"] = "/home/claude", ["A"] = "--b c" },
        WorkingDirectory = "/workspace",
    };

    [Fact]
    public void Wrap_WhenGivenAPolicy_ShouldBuildThisCommandLine()
    {
        var wrapped = new BubblewrapSandbox(Host).Wrap(Policy, Inner);

        wrapped.FileName.ShouldBe("/bin/sh");
        wrapped.WorkingDirectory.ShouldBe("/");
        wrapped.Environment.ShouldBeEmpty();
        string.Join(' ', wrapped.Arguments).Replace(" --", "\n--", StringComparison.Ordinal).ShouldBe(
            """
            -c exec 9<"$0" && exec "$@" /data/sandbox/filter /usr/bin/bwrap
            --unshare-all
            --unshare-user
            --disable-userns
            --uid 1000
            --gid 1000
            --hostname claudy
            --die-with-parent
            --new-session
            --cap-drop ALL
            --clearenv
            --seccomp 9
            --setenv A
            --b c
            --setenv HOME /home/claude
            --ro-bind /usr /usr
            --symlink usr/bin /bin
            --ro-bind /lib /lib
            --ro-bind-try /etc/alternatives /etc/alternatives
            --ro-bind-try /etc/ca-certificates /etc/ca-certificates
            --ro-bind-try /etc/ld.so.cache /etc/ld.so.cache
            --ro-bind-try /etc/ld.so.conf /etc/ld.so.conf
            --ro-bind-try /etc/ld.so.conf.d /etc/ld.so.conf.d
            --ro-bind-try /etc/localtime /etc/localtime
            --ro-bind-try /etc/pki/ca-trust /etc/pki/ca-trust
            --ro-bind-try /etc/pki/tls/certs /etc/pki/tls/certs
            --ro-bind-try /etc/ssl/certs /etc/ssl/certs
            --ro-bind-try /etc/ssl/openssl.cnf /etc/ssl/openssl.cnf
            --ro-bind /data/sandbox/etc/group /etc/group
            --ro-bind /data/sandbox/etc/hosts /etc/hosts
            --ro-bind /data/sandbox/etc/nsswitch.conf /etc/nsswitch.conf
            --ro-bind /data/sandbox/etc/passwd /etc/passwd
            --proc /proc
            --remount-ro /proc
            --dev /dev
            --perms 1777
            --size 1048576
            --tmpfs /dev/shm
            --remount-ro /dev
            --perms 1777
            --size 1048576
            --tmpfs /tmp
            --ro-bind /nix /nix
            --ro-bind /srv/npm/claude /opt/claude-code/claude
            --ro-bind /run/user/0/s1 /run/claudy
            --bind /data/homes/s1 /home/claude
            --bind /data/workspaces/s1 /workspace
            --remount-ro /
            --chdir /workspace
            -- /usr/bin/prlimit
            --core=0
            --nproc=100
            --nofile=200
            --fsize=300
            -- /opt/claude-code/claude -p
            --model=x; y
            """);
    }

    [Fact]
    public void Wrap_WhenTheSessionHasANetwork_ShouldStartTheForwarderBeforeTheProgram()
    {
        var networked = Policy with { EgressSocketPath = "/run/user/0/s1/egress.sock" };
        var sandbox = new BubblewrapSandbox(Host);

        sandbox.Wrap(networked, Inner).Arguments.SkipWhile(argument => argument != "--fsize=300").Skip(1).ShouldBe(
        [
            "--",
            "/bin/sh",
            "-c",
            BubblewrapSandbox.ForwardAndRun,
            "/usr/bin/socat",
            "TCP-LISTEN:3128,bind=127.0.0.1,fork,reuseaddr",
            "UNIX-CONNECT:/run/claudy/egress.sock",
            "/opt/claude-code/claude",
            "-p",
            "--model=x; y",
        ]);
        sandbox.Wrap(networked, Inner).Arguments.ShouldContain("--unshare-all");
        sandbox.View(networked).Proxy.ShouldBe("http://127.0.0.1:3128");
        sandbox.View(Policy).Proxy.ShouldBeNull();
    }

    [Theory]
    [InlineData(NetworkMode.None, null)]
    [InlineData(NetworkMode.AllowList, "apt install socat")]
    [InlineData(NetworkMode.Open, "apt install socat")]
    public void WhyNoNetwork_WhenSocatIsMissing_ShouldSayHowToGetIt(NetworkMode mode, string? help)
    {
        var why = new BubblewrapSandbox(Host with { Socat = null }).WhyNoNetwork(mode);

        (help is null ? why is null : why!.Contains(help, StringComparison.Ordinal)).ShouldBeTrue(why);
        new BubblewrapSandbox(Host).WhyNoNetwork(mode).ShouldBeNull();
    }

    [Theory]
    [InlineData(NetworkMode.None, true)]
    [InlineData(NetworkMode.AllowList, false)]
    [InlineData(NetworkMode.Open, true)]
    public void WhyNoNetwork_WhenThereIsNoSandbox_ShouldOnlyPromiseWhatIsTrue(NetworkMode mode, bool isTrue) =>
        (new NoSandbox("why", null, new ResourceLimits(null, null, null), SessionBounds.None).WhyNoNetwork(mode) is null).ShouldBe(isTrue);

    [Fact]
    public void Wrap_WhenBubblewrapIsOld_ShouldLeaveOutWhatItDoesNotKnow()
    {
        var old = new BubblewrapSandbox(Host with { Version = new Version(0, 6, 1) });

        old.Wrap(Policy, Inner).Arguments.ShouldNotContain("--disable-userns");
        old.Description.ShouldBe("bubblewrap 0.6.1, which is too old to forbid user namespaces inside");
    }

    [Fact]
    public void Wrap_WhenThereIsNoFilter_ShouldDoWithoutAndSaySo()
    {
        var unfiltered = new BubblewrapSandbox(Host with { FilterPath = null });

        unfiltered.Wrap(Policy, Inner).Arguments.ShouldNotContain("--seccomp");
        unfiltered.Wrap(Policy, Inner).Arguments.Take(4).ShouldBe(["-c", "exec \"$@\"", "/bin/sh", "/usr/bin/bwrap"]);
        unfiltered.Description.ShouldBe("bubblewrap 0.8.0, without a filter of system calls for this kind of processor");
    }

    [Theory]
    [InlineData("/srv/npm/claude", "/opt/claude-code/claude")]
    [InlineData("/run/user/0/s1/api.sock", "/run/claudy/api.sock")]
    [InlineData("/data/workspaces/s1/a/b", "/workspace/a/b")]
    [InlineData("/usr/bin/git", "/usr/bin/git")]
    [InlineData("/bin/sh", "/bin/sh")]
    public void PathOf_WhenItIsShown_ShouldTellWhere(string path, string inside) =>
        new BubblewrapSandbox(Host).View(Policy).PathOf(path).ShouldBe(inside);

    [Theory]
    [InlineData("/etc/shadow")]
    [InlineData("/srv/npm")]
    [InlineData("/srv/npm/secret")]
    [InlineData("/data/workspaces/s12/a")]
    [InlineData("/data/workspaces")]
    public void PathOf_WhenItIsNotShown_ShouldRefuse(string path) =>
        Should.Throw<ArgumentException>(() => new BubblewrapSandbox(Host).View(Policy).PathOf(path));

    [Theory]
    [InlineData("/")]
    [InlineData("/data")]
    [InlineData("/data/workspaces/s2/claude")]
    [InlineData("/srv/keys")]
    [InlineData("/srv/npm/../keys/./jwt.pem")]
    public void Prepare_WhenTheServersOwnFilesWouldBeShown_ShouldRefuse(string shown)
    {
        var policy = Policy with { ReadOnlyMounts = [new ReadOnlyMount(shown, "/opt/claude-code/claude")] };

        var refused = new BubblewrapSandbox(Host).Prepare(policy);

        refused!.Message.ShouldStartWith($"Sessions would see {shown}, and ");
    }

    [Fact]
    public void Prepare_WhenOnlyOthersFilesAreShown_ShouldAllow() =>
        new BubblewrapSandbox(Host with { PrivatePaths = new PrivatePaths(["/data", "/nix2", "/srv/npm/claude2"]) }).Prepare(Policy).ShouldBeNull();

    [Fact]
    public void Prepare_WhenThereIsNoSandbox_ShouldMakeATemporaryFolderOfItsOwn()
    {
        var home = Directory.CreateTempSubdirectory("claudy-test-");
        var policy = Policy with { HomePath = home.FullName };
        var sandbox = new NoSandbox("why", null, new ResourceLimits(null, null, null), SessionBounds.None);

        sandbox.Prepare(policy);

        sandbox.View(policy).Temporary.ShouldBe(Path.Combine(home.FullName, "tmp"));
        File.GetUnixFileMode(sandbox.View(policy).Temporary).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        home.Delete(recursive: true);
    }

    [Fact]
    public void Wrap_WhenThereIsNoSandbox_ShouldOnlyLimit()
    {
        var sandbox = new NoSandbox("why", "/usr/bin/prlimit", new ResourceLimits(null, 200, null), SessionBounds.None);

        var wrapped = sandbox.Wrap(Policy, Inner);

        wrapped.FileName.ShouldBe("/usr/bin/prlimit");
        wrapped.Arguments.ShouldBe(["--core=0", "--nofile=200", "--", "/opt/claude-code/claude", "-p", "--model=x; y"]);
        wrapped.Environment.ShouldBe(Inner.Environment);
        sandbox.View(Policy).PathOf("/srv/npm/claude").ShouldBe("/srv/npm/claude");
        sandbox.View(Policy).Workspace.ShouldBe(Policy.WorkspacePath);
    }
}
