using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Processes;
using Microsoft.Extensions.Options;
using Xunit;

namespace Claudy.Integration.Tests.Sandbox;

/// <summary>A session's folders and the sandbox that this machine has; real processes run in it.</summary>
internal sealed class SandboxedSession : IAsyncDisposable
{
    private SandboxedSession(ISandbox sandbox, Spawning spawning, string root)
    {
        (Sandbox, Spawning, Root) = (sandbox, spawning, root);
        Policy = new SandboxPolicy
        {
            SessionId = SessionId.New(TimeProvider.System.GetUtcNow()),
            WorkspacePath = Directory.CreateDirectory(Path.Combine(root, "workspaces", "mine")).FullName,
            HomePath = Directory.CreateDirectory(Path.Combine(root, "homes", "mine")).FullName,
            RuntimePath = Directory.CreateDirectory(Path.Combine(root, "run", "mine")).FullName,
            ReadOnlyMounts = [new ReadOnlyMount(Tool(root), "/opt/tool/tool")],
        };
    }

    public ISandbox Sandbox { get; }

    public SandboxPolicy Policy { get; init; }

    public Spawning Spawning { get; }

    /// <summary>Stands for the server's data folder.</summary>
    public string Root { get; }

    /// <summary>A session in bubblewrap; where that does not work, the test is skipped, and fails in CI.</summary>
    public static SandboxedSession Start(Action<SandboxOptions>? configure = null, SandboxMode mode = SandboxMode.Auto)
    {
        var spawning = new Spawning();
        var root = Path.Combine(spawning.Folder, "data");
        var options = new SandboxOptions { Mode = mode == SandboxMode.None ? mode : SandboxMode.Auto, StatePath = Path.Combine(root, "sandbox") };
        configure?.Invoke(options);
        var sandbox = new SandboxProbe(Options.Create(options)).Choose();
        if (mode != SandboxMode.None && Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.True(sandbox.IsIsolating, sandbox.Reason);
        }

        Skip.IfNot(sandbox.IsIsolating || mode == SandboxMode.None, sandbox.Reason);
        return new SandboxedSession(sandbox, spawning, root);
    }

    public ProcessSpec Bash(string script) => Sandbox.Wrap(Policy, Spawning.Bash(script) with { WorkingDirectory = Sandbox.View(Policy).Workspace });

    public Task<IChildProcess> StartAsync(string script) => Spawning.StartAsync(Bash(script));

    /// <summary>What a script prints, stderr included.</summary>
    public async Task<string[]> RunAsync(string script)
    {
        var process = await StartAsync($"exec 2>&1; {script}");
        var exit = await process.Exited.WaitAsync(Eventually.Deadline);
        Assert.Equal("", exit.ErrorTail);
        return Spawning.Lines();
    }

    /// <summary>Stands for the agent's binary, in a folder with what is nobody's business.</summary>
    private static string Tool(string root)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "tools")).FullName;
        File.WriteAllText(Path.Combine(folder, "secret"), "beside the tool");
        File.WriteAllText(Path.Combine(folder, "tool"), "the tool");
        return Path.Combine(folder, "tool");
    }

    public ValueTask DisposeAsync() => Spawning.DisposeAsync();
}
