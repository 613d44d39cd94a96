using System.Diagnostics.CodeAnalysis;
using Claudy.Domain.Networking;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>
/// Runs sessions by bubblewrap: namespaces of their own, without network, capabilities or new privileges, and with
/// nothing in sight but the system (read-only), the workspace, the home and the session's sockets.
/// </summary>
[SuppressMessage("Security", "S5443", Justification = "/tmp and /dev/shm are each sandbox's own.")]
internal sealed class BubblewrapSandbox(BubblewrapHost host) : ISandbox
{
    public const string Home = "/home/claude";
    private const string Workspace = "/workspace";
    private const string Runtime = "/run/claudy";
    private const string Temporary = "/tmp";

    // Bubblewrap takes the filter from an open file, and only a shell can hand it one. The shell becomes bubblewrap, so
    // that process id, session and death signal stay; none of the command line is ever parsed by it.
    private const string Shell = "/bin/sh";
    private const string FilterDescriptor = "9";
    private const string OpenFilterAndRun = $"exec {FilterDescriptor}<\"$0\" && exec \"$@\"";
    private const string OnlyRun = "exec \"$@\"";

    // Inside, where no other session's port is in the way. The shell becomes the session's program, which knows nothing of it and may
    // need the network at once: so it is begun when the port (in hexadecimal) listens, or will never do.
    private const int ProxyPort = 3128;
    internal const string ForwardAndRun =
        """
        "$0" -t 60 "$1" "$2" </dev/null >/dev/null 2>&1 &
        shift 2
        until
          while read -r socket; do
            case $socket in *:0C38\ 00000000:0000\ 0A\ *) break 2 ;; esac
          done </proc/net/tcp
          ! kill -0 $!
        do sleep 0.01; done 2>/dev/null
        exec "$@"
        """;

    private static readonly Version FirstToDisableUserNamespaces = new(0, 8, 0);

    // What programs need to run and to trust certificates; whatever of it this machine has.
    private static readonly string[] SharedEtc =
    [
        "/etc/alternatives",
        "/etc/ca-certificates",
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/localtime",
        "/etc/pki/ca-trust",
        "/etc/pki/tls/certs",
        "/etc/ssl/certs",
        "/etc/ssl/openssl.cnf",
    ];

    private bool DisablesUserNamespaces => host.Version >= FirstToDisableUserNamespaces;

    public string? Description =>
        $"bubblewrap {host.Version}"
        + (DisablesUserNamespaces ? "" : ", which is too old to forbid user namespaces inside")
        + (host.FilterPath is null ? ", without a filter of system calls for this kind of processor" : "");

    public string? Reason => null;

    public bool IsIsolating => true;

    public SandboxView View(SandboxPolicy policy) => new()
    {
        Workspace = Workspace,
        Home = Home,
        Runtime = Runtime,
        Temporary = Temporary,
        Proxy = policy.EgressSocketPath is null ? null : $"http://127.0.0.1:{ProxyPort}",
        Mounts =
        [
            .. ReadOnlyMounts(policy),
            new ReadOnlyMount(policy.WorkspacePath, Workspace),
            new ReadOnlyMount(policy.HomePath, Home),
            new ReadOnlyMount(policy.RuntimePath, Runtime),
        ],
    };

    public string? WhyNoNetwork(NetworkMode mode) => mode != NetworkMode.None && host.Socat is null
        ? "socat is not installed, without which sandboxes have no way to the network. On Debian and Ubuntu the operator installs it with: apt install socat."
        : null;

    public Error? Prepare(SandboxPolicy policy) =>
        host.PrivatePaths.Refuse(ReadOnlyMounts(policy).Select(mount => mount.HostPath));

    public ProcessSpec Wrap(SandboxPolicy policy, ProcessSpec inner) => new()
    {
        FileName = Shell,
        Arguments =
        [
            "-c",
            host.FilterPath is null ? OnlyRun : OpenFilterAndRun,
            host.FilterPath ?? Shell,
            host.Bubblewrap,
            .. Isolation(),
            .. host.FilterPath is null ? [] : Option("--seccomp", FilterDescriptor),
            .. inner.Environment.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => Option("--setenv", entry.Key, entry.Value)),
            .. SystemMounts(),
            .. SessionMounts(policy),
            .. Option("--remount-ro", "/"),
            .. Option("--chdir", inner.WorkingDirectory),
            "--",
            .. host.Limits.CommandLine(host.Prlimit),
            .. Forwarder(policy),
            inner.FileName,
            .. inner.Arguments,
        ],

        // Bubblewrap itself gets nothing; what is meant for the inside must not act outside, as LD_PRELOAD would.
        Environment = new Dictionary<string, string>(StringComparer.Ordinal),
        WorkingDirectory = "/",
        Bounds = host.Bounds.For(policy),
    };

    private IEnumerable<ReadOnlyMount> ReadOnlyMounts(SandboxPolicy policy) =>
    [
        new ReadOnlyMount("/usr", "/usr"),
        .. host.SystemFolders.Keys.Select(folder => new ReadOnlyMount(folder, folder)),
        .. host.ReadOnlyPaths.Select(path => new ReadOnlyMount(path, path)),
        .. policy.ReadOnlyMounts,
    ];

    private IEnumerable<string> Isolation() =>
    [
        "--unshare-all",
        "--unshare-user",
        .. DisablesUserNamespaces ? Option("--disable-userns") : [],
        .. Option("--uid", $"{SandboxEtc.UserId}"),
        .. Option("--gid", $"{SandboxEtc.UserId}"),
        .. Option("--hostname", "claudy"),
        "--die-with-parent",
        "--new-session",
        .. Option("--cap-drop", "ALL"),
        "--clearenv",
    ];

    private IEnumerable<string> SystemMounts() =>
    [
        .. Option("--ro-bind", "/usr", "/usr"),
        .. host.SystemFolders.SelectMany(folder => folder.Value is { } target
            ? Option("--symlink", target, folder.Key)
            : Option("--ro-bind", folder.Key, folder.Key)),
        .. SharedEtc.SelectMany(path => Option("--ro-bind-try", path, path)),
        .. SandboxEtc.Files.Keys.SelectMany(name => Option("--ro-bind", Path.Combine(host.EtcPath, name), $"/etc/{name}")),

        // Read-only also for its own sake: when the server runs as root, the kernel takes writes to /proc/sys from inside.
        .. Option("--proc", "/proc"),
        .. Option("--remount-ro", "/proc"),
        .. Option("--dev", "/dev"),
        .. TemporaryMount("/dev/shm"),
        .. Option("--remount-ro", "/dev"),
        .. TemporaryMount(Temporary),
    ];

    private IEnumerable<string> SessionMounts(SandboxPolicy policy) =>
    [
        .. host.ReadOnlyPaths.SelectMany(path => Option("--ro-bind", path, path)),
        .. policy.ReadOnlyMounts.SelectMany(mount => Option("--ro-bind", mount.HostPath, mount.InsidePath)),
        .. Option("--ro-bind", policy.RuntimePath, Runtime),
        .. Option("--bind", policy.HomePath, Home),
        .. Option("--bind", policy.WorkspacePath, Workspace),
    ];

    /// <summary>What is put before the session's program, so that programs find the network's socket as a proxy on a port.</summary>
    private IEnumerable<string> Forwarder(SandboxPolicy policy) => policy.EgressSocketPath is { } socket
        ?
        [
            Shell,
            "-c",
            ForwardAndRun,
            host.Socat ?? throw new InvalidOperationException("There is no socat, which WhyNoNetwork tells."),
            $"TCP-LISTEN:{ProxyPort},bind=127.0.0.1,fork,reuseaddr",
            $"UNIX-CONNECT:{Path.Combine(Runtime, Path.GetFileName(socket))}",
        ]
        : [];

    private IEnumerable<string> TemporaryMount(string path) =>
        [.. Option("--perms", "1777"), .. Option("--size", $"{host.MaxTemporaryBytes}"), .. Option("--tmpfs", path)];

    private static string[] Option(string name, params string[] values) => [name, .. values];
}
