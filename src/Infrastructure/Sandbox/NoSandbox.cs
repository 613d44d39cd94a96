using Claudy.Domain.Networking;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>Runs sessions as the server's own user, seeing what that user sees; only resources are limited.</summary>
/// <param name="reason">Why there is no sandbox.</param>
/// <param name="prlimit">The path of prlimit; null when it is not installed.</param>
/// <param name="limits">Without a limit of processes: the kernel would count all that the user runs.</param>
/// <param name="bounds">What all processes of a session may use together.</param>
internal sealed class NoSandbox(string reason, string? prlimit, ResourceLimits limits, SessionBounds bounds) : ISandbox
{
    public string? Description => null;

    public string? Reason => reason;

    public bool IsIsolating => false;

    // Nothing stands between a session and the network that the server has, which is what an open one is.
    public string? WhyNoNetwork(NetworkMode mode) => mode == NetworkMode.AllowList
        ? "sessions do not run in a sandbox here, so that nothing would hold them to a list of hosts. The operator can install bubblewrap."
        : null;

    public SandboxView View(SandboxPolicy policy) => new()
    {
        Workspace = policy.WorkspacePath,
        Home = policy.HomePath,
        Runtime = policy.RuntimePath,
        Temporary = Temporary(policy),
        Mounts = [new ReadOnlyMount("/", "/")],
    };

    public Error? Prepare(SandboxPolicy policy)
    {
        Directory.CreateDirectory(Temporary(policy), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return null;
    }

    public ProcessSpec Wrap(SandboxPolicy policy, ProcessSpec inner) => prlimit is null
        ? inner with { Bounds = bounds.For(policy) }
        : inner with
        {
            Bounds = bounds.For(policy),
            FileName = prlimit,
            Arguments = [.. limits.CommandLine(prlimit).Skip(1), inner.FileName, .. inner.Arguments],
        };

    // Not the machine's own: what sessions leave there would be each other's to read.
    private static string Temporary(SandboxPolicy policy) => Path.Combine(policy.HomePath, "tmp");
}
