using System.Globalization;
using System.Text;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Infrastructure.Sandbox;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

/// <summary>The real CLI, real processes, a real sandbox where there is one; only the model is scripted.</summary>
internal sealed class ClaudeTestBed : IProcessSpawner, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("claudy-agent-");
    private readonly ResourceControl _resources;
    private readonly ProcessSpawner _spawner;
    private readonly List<IAgentSession> _sessions = [];
    private readonly ClaudeAgentLauncher _launcher;

    private ClaudeTestBed(string binary, SandboxMode mode)
    {
        foreach (var folder in new[] { Workspace, HomePath, RuntimePath })
            Directory.CreateDirectory(folder);
        Sandbox = new SandboxProbe(Options.Create(new SandboxOptions { Mode = mode, StatePath = Path.Combine(_root.FullName, "sandbox") })).Choose();
        var options = Options.Create(new ProcessOptions { DataPath = _root.FullName });
        _resources = new ResourceControl(options, TimeProvider.System, NullLogger<ResourceControl>.Instance);
        _spawner = new ProcessSpawner(options, _resources, TimeProvider.System, NullLogger<ProcessSpawner>.Instance);
        _launcher = new ClaudeAgentLauncher(
            this, Sandbox, _resources, Options.Create(new ClaudeOptions { CodePath = binary }), TimeProvider.System, NullLogger<ClaudeAgentLauncher>.Instance);
    }

    public ISandbox Sandbox { get; }

    public ScriptedMessagesApi Api { get; private set; } = null!;

    public SessionId SessionId { get; } = new(Guid.NewGuid());

    public string Workspace => Path.Combine(_root.FullName, "workspace");

    public IAgentLauncher Launcher => _launcher;

    /// <summary>The process started last.</summary>
    public IChildProcess Process { get; private set; } = null!;

    /// <summary>The workspace as the CLI sees it.</summary>
    public string WorkspaceInside => Sandbox.IsIsolating ? "/workspace" : Workspace;

    private string HomePath => Path.Combine(_root.FullName, "home");

    private string RuntimePath => Path.Combine(_root.FullName, "run");

    private string SocketPath => Path.Combine(RuntimePath, "api.sock");

    /// <summary>A bed with a sandbox where there is one.</summary>
    public static async Task<ClaudeTestBed> MakeAsync(SandboxMode mode = SandboxMode.Auto)
    {
        var binary = ClaudeCodeBinary.Require();
        var bed = new ClaudeTestBed(binary, mode == SandboxMode.None ? mode : SandboxMode.Auto);
        if (mode == SandboxMode.Bubblewrap && !bed.Sandbox.IsIsolating)
        {
            var reason = bed.Sandbox.Reason;
            await bed.DisposeAsync();
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
                Assert.Fail(reason!);
            Skip.If(true, reason);
        }

        bed.Api = await ScriptedMessagesApi.StartAsync(bed.SocketPath);
        return bed;
    }

    public AgentLaunch LaunchOf(Func<SessionSettings, SessionSettings>? with = null, Guid? resume = null, IReadOnlyList<string>? denied = null) => new()
    {
        SessionId = SessionId,
        Settings = (with ?? (settings => settings))(new SessionSettings { Name = "test" }),
        DeniedRules = denied ?? [],
        ResumeAgentSessionId = resume,
        WorkspacePath = Workspace,
        HomePath = HomePath,
        ApiSocketPath = SocketPath,
    };

    public Task<Result<IAgentSession>> TryLaunchAsync(AgentLaunch launch) => _launcher.LaunchAsync(launch, CancellationToken.None);

    public async Task<IAgentSession> LaunchAsync(AgentLaunch? launch = null)
    {
        var launched = await TryLaunchAsync(launch ?? LaunchOf());
        launched.Error.ShouldBeNull();
        _sessions.Add(launched.Value);
        return launched.Value;
    }

    /// <summary>The model calls Write.</summary>
    public Reply Write(string name, string content) => Reply.ToolUse("Write", new { file_path = $"{WorkspaceInside}/{name}", content });

    /// <summary>The model calls Bash.</summary>
    public static Reply Bash(string command) => Reply.ToolUse("Bash", new { command, description = "try" });

    /// <summary>The user allows a tool call as it is.</summary>
    public static PermissionAnswer Allow(AgentEvent.PermissionRequest request) => new(PermissionDecision.Allow, request.Input, null, null);

    public string PathOf(string name) => Path.Combine(Workspace, name);

    /// <summary>Processes that belong to this bed: those whose command line, environment or folder names it.</summary>
    public IReadOnlyList<int> RunningProcesses() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _) && (Mentions(folder, "cmdline") || Mentions(folder, "environ")))
            .Select(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)),
    ];

    /// <summary>Their command lines, as everybody can read them.</summary>
    public IReadOnlyList<string> CommandLines() => [.. RunningProcesses().Select(id => File.ReadAllText($"/proc/{id}/cmdline"))];

    /// <summary>Ends the process as a crash would.</summary>
    public void Kill()
    {
        using var process = System.Diagnostics.Process.GetProcessById(Process.Id);
        process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions)
            await session.DisposeAsync();
        _spawner.Dispose();
        _resources.Dispose();
        if (Api is not null)
            await Api.DisposeAsync();
        _root.Delete(recursive: true);
    }

    async Task<Result<IChildProcess>> IProcessSpawner.StartAsync(ProcessSpec spec, LineHandler onLine, CancellationToken cancellationToken)
    {
        var started = await _spawner.StartAsync(spec, onLine, cancellationToken);
        if (started.IsSuccess)
            Process = started.Value;
        return started;
    }

    private bool Mentions(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file)).Contains(_root.FullName, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended meanwhile, or is somebody else's
        }
    }

    internal static CancellationTokenSource Deadline() => new(Patience);
}

/// <summary>Speaks to an agent as a test does.</summary>
internal static class AgentSessionConversation
{
    public static ValueTask SayAsync(this IAgentSession session, string text, params IReadOnlyList<ImageAttachment> images) =>
        session.SendMessageAsync(Guid.NewGuid(), new ChatMessage("m", null, text, images), CancellationToken.None);

    /// <summary>The next event of a kind; those before it are passed over.</summary>
    public static async Task<T> NextAsync<T>(this IAgentSession session)
        where T : AgentEvent
    {
        using var deadline = ClaudeTestBed.Deadline();
        while (true)
        {
            if (await session.Events.ReadAsync(deadline.Token) is T wanted)
                return wanted;
        }
    }

    /// <summary>All events up to the end of the turn, that one included. Permission prompts get <paramref name="answer"/>.</summary>
    public static async Task<Replayed> TurnAsync(this IAgentSession session, Func<AgentEvent.PermissionRequest, PermissionAnswer>? answer = null)
    {
        using var deadline = ClaudeTestBed.Deadline();
        var events = new List<AgentEvent>();
        while (events.Count == 0 || events[^1] is not (AgentEvent.TurnEnded or AgentEvent.Exited))
        {
            events.Add(await session.Events.ReadAsync(deadline.Token));
            if (events[^1] is AgentEvent.PermissionRequest request)
            {
                answer.ShouldNotBeNull($"{request.ToolName} was asked for.");
                await session.AnswerPermissionAsync(request.RequestId, answer(request), deadline.Token);
            }
        }

        return new Replayed(events, []);
    }

    /// <summary>The text of a turn's deltas.</summary>
    public static string Shown(this Replayed turn) =>
        string.Concat(turn.Of<AgentEvent.TextDelta>().Select(delta => Encoding.UTF8.GetString(delta.Utf8.Span)));

    public static AgentEvent.TurnEnded Ended(this Replayed turn) => turn.Of<AgentEvent.TurnEnded>().ShouldHaveSingleItem();
}
