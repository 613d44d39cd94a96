using System.ComponentModel;
using System.Diagnostics;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>Finds out by trying which sandbox this machine can have.</summary>
internal sealed class SandboxProbe(IOptions<SandboxOptions> options)
{
    private const string HowToInstall = "On Debian and Ubuntu: apt install bubblewrap util-linux.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Since 5.14 processes are counted per user namespace, which makes a limit per sandbox; before, it would hit all that the user runs.</summary>
    private static readonly bool CountsProcessesPerSandbox = Environment.OSVersion.Version >= new Version(5, 14);

    /// <summary>The sandbox that the settings ask for.</summary>
    /// <exception cref="OptionsValidationException">Bubblewrap is asked for and does not work, or would show the server's own files.</exception>
    public ISandbox Choose()
    {
        var settings = options.Value;
        if (settings.Mode == SandboxMode.None)
        {
            return WithoutSandbox("Claudy:Sandbox:Mode is None.");
        }

        var tried = TryBubblewrap();
        if (tried.IsSuccess)
        {
            return tried.Value;
        }

        return settings.Mode == SandboxMode.Auto
            ? WithoutSandbox(tried.Error.Message)
            : throw Invalid($"Claudy:Sandbox:Mode is Bubblewrap, but there is no such sandbox here. {tried.Error.Message}");
    }

    private static OptionsValidationException Invalid(string why) => new(SandboxOptions.Section, typeof(SandboxOptions), [why]);

    private NoSandbox WithoutSandbox(string reason) =>
        new(reason, Executable.Find("prlimit"), Limits() with { MaxProcesses = null }, SessionBounds.Of(options.Value));

    private Result<ISandbox> TryBubblewrap()
    {
        if (Executable.Find("bwrap") is not { } bubblewrap)
        {
            return ProcessErrors.NotStarted($"bwrap is not installed. {HowToInstall}");
        }

        if (Executable.Find("prlimit") is not { } prlimit)
        {
            return ProcessErrors.NotStarted($"prlimit is not installed. {HowToInstall}");
        }

        var said = Run(bubblewrap, ["--version"]);
        if (!said.IsSuccess)
        {
            return said.Error;
        }

        if (!Version.TryParse(said.Value[(said.Value.LastIndexOf(' ') + 1)..], out var version))
        {
            return ProcessErrors.NotStarted($"{bubblewrap} does not tell its version.");
        }

        var state = Path.GetFullPath(options.Value.StatePath!);
        var etc = Path.Combine(state, "etc");
        SandboxEtc.Write(etc);
        var systemFolders = BubblewrapHost.FindSystemFolders();
        var sandbox = new BubblewrapSandbox(new BubblewrapHost
        {
            Bubblewrap = bubblewrap,
            Version = version,
            Prlimit = prlimit,
            Socat = BubblewrapHost.FindSocat(systemFolders),
            SystemFolders = systemFolders,
            EtcPath = etc,
            FilterPath = SystemCallFilter.Write(state),
            ReadOnlyPaths = [.. options.Value.ReadOnlyPaths],
            PrivatePaths = new PrivatePaths([.. options.Value.PrivatePaths]),
            MaxTemporaryBytes = options.Value.MaxTemporaryBytes,
            Limits = Limits(),
            Bounds = SessionBounds.Of(options.Value),
        });
        return Try(sandbox, Path.Combine(state, "probe"));
    }

    /// <summary>Only a run shows whether the kernel, its security modules and a container around allow it.</summary>
    private static Result<ISandbox> Try(BubblewrapSandbox sandbox, string folder)
    {
        Directory.CreateDirectory(folder);
        var policy = new SandboxPolicy { SessionId = new SessionId(Guid.Empty), WorkspacePath = folder, HomePath = folder, RuntimePath = folder };
        if (sandbox.Prepare(policy) is { } refused)
        {
            // No reason to run without a sandbox, which would show yet more.
            throw Invalid(refused.Message);
        }

        var view = sandbox.View(policy);
        if (Executable.All("true").Select(view.Find).FirstOrDefault(path => path is not null) is not { } program)
        {
            return ProcessErrors.NotStarted("There is no program true to try the sandbox with.");
        }

        var command = sandbox.Wrap(policy, new ProcessSpec
        {
            FileName = program,
            Arguments = [],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal),
            WorkingDirectory = view.Workspace,
        });
        return Run(command.FileName, command.Arguments) is { IsSuccess: false, Error: var error }
            ? ProcessErrors.NotStarted(
                $"{sandbox.Description} does not work here: {error.Message} Are user namespaces forbidden (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns, or the seccomp profile of a container)?")
            : sandbox;
    }

    private ResourceLimits Limits()
    {
        var wanted = new ResourceLimits(CountsProcessesPerSandbox ? options.Value.MaxProcesses : null, options.Value.MaxOpenFiles, options.Value.MaxFileBytes);
        return File.Exists("/proc/self/limits") ? wanted.Within(File.ReadAllText("/proc/self/limits")) : wanted;
    }

    /// <summary>What a short command prints; it blocks, since the choice is made while the services are composed.</summary>
    internal static Result<string> Run(string fileName, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        using var process = Start(start);
        if (process is null)
        {
            return ProcessErrors.NotStarted($"{fileName} cannot be started.");
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return ProcessErrors.NotStarted($"it did not end within {Patience.TotalSeconds} s.");
        }

        return process.ExitCode == 0
            ? output.GetAwaiter().GetResult().Trim()
            : ProcessErrors.NotStarted(error.GetAwaiter().GetResult().Trim());
    }

    private static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null; // such as a file that is not executable
        }
    }
}
