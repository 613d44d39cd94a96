using System.Text;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Infrastructure.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Starts the real Claude Code CLI in its sandbox.</summary>
internal sealed partial class ClaudeAgentLauncher(
    IProcessSpawner spawner,
    ISandbox sandbox,
    ResourceControl resources,
    IOptions<ClaudeOptions> options,
    TimeProvider time,
    ILogger<ClaudeAgentLauncher> logger) : IAgentLauncher
{
    private const string InsidePath = "/opt/claude-code/claude";
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);
    private static readonly char[] Whitespace = [' ', '\n'];

    public bool IsIsolating => sandbox.IsIsolating;

    public string? WhyNoNetwork(NetworkMode mode) => sandbox.WhyNoNetwork(mode);

    public async Task<Result<AgentInfo>> ProbeAsync(CancellationToken cancellationToken)
    {
        if (FindBinary() is not { } binary)
            return NotFound();

        var output = new StringBuilder();
        var spec = new ProcessSpec
        {
            FileName = binary,
            Arguments = ["--version"],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal),
            WorkingDirectory = Path.GetDirectoryName(binary)!,
        };
        var started = await spawner.StartAsync(spec, line => output.Append(Encoding.UTF8.GetString(line.Span)).Append('\n'), cancellationToken);
        if (!started.IsSuccess)
            return SessionErrors.AgentFailedToStart(started.Error.Message);

        await using var process = started.Value;
        try
        {
            var exit = await process.Exited.WaitAsync(options.Value.StartTimeout, time, cancellationToken);
            return exit.ExitCode == 0
                ? InfoOf(output.ToString().Split(Whitespace, 2)[0], binary)
                : SessionErrors.AgentFailedToStart(Sentence(exit));
        }
        catch (TimeoutException)
        {
            return SessionErrors.AgentFailedToStart($"{binary} --version did not end.");
        }
    }

    public async Task<Result<IAgentSession>> LaunchAsync(AgentLaunch launch, CancellationToken cancellationToken)
    {
        if (launch.Settings.PermissionMode == PermissionMode.BypassPermissions && !sandbox.IsIsolating)
            return SessionErrors.ModeNeedsSandbox();
        if (FindBinary() is not { } binary)
            return NotFound();

        if (launch.Memory is { } memory)
            return await RememberAsync(binary, launch, memory, cancellationToken);

        var launched = await StartAsync(binary, launch, cancellationToken);
        if (launched.Error?.Reason != SessionIdInUse)
            return launched;

        // An earlier start got as far as a transcript, but its first turn was never heard of. It is this session's own.
        LogTranscriptFound(launch.SessionId);
        return await StartAsync(binary, launch with { ResumeAgentSessionId = launch.SessionId.Value }, cancellationToken);
    }

    private async Task<Result<IAgentSession>> RememberAsync(string binary, AgentLaunch launch, Conversation memory, CancellationToken cancellationToken)
    {
        // Nothing to remember: under an id that no transcript has, whatever is there.
        if (memory.Turns.Count == 0)
            return await StartAsync(binary, launch with { ResumeAgentSessionId = null }, cancellationToken, beginAs: Guid.NewGuid());

        var resumed = launch.SessionId.Value;
        try
        {
            ClaudeTranscript.Put(launch.HomePath, sandbox.View(PolicyOf(binary, launch)).Workspace, resumed, memory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogRebuildFailed(e, launch.SessionId);
            return SessionErrors.AgentFailedToStart("what it should remember could not be written.") with { Reason = AgentErrors.RebuildFailedReason };
        }

        LogRebuilt(launch.SessionId, memory.Turns.Count);
        return await StartAsync(binary, launch with { ResumeAgentSessionId = resumed }, cancellationToken);
    }

    private async Task<Result<IAgentSession>> StartAsync(string binary, AgentLaunch launch, CancellationToken cancellationToken, Guid? beginAs = null)
    {
        var policy = PolicyOf(binary, launch);
        if (sandbox.Prepare(policy) is { } refused)
            return SessionErrors.AgentFailedToStart(refused.Message);
        if (!TryWriteSettings(launch, policy))
            return SessionErrors.AgentFailedToStart("its settings could not be written.");

        var started = await ClaudeAgentSession.StartAsync(spawner, SpecOf(binary, launch, policy, beginAs), launch, time, logger, cancellationToken);
        if (!started.IsSuccess)
            return SessionErrors.AgentFailedToStart(started.Error.Message);

        var session = started.Value;
        session.WorkspacePath = sandbox.View(policy).Workspace;
        try
        {
            var ready = await session.InitializeAsync(options.Value.StartTimeout, cancellationToken);
            if (ready.IsSuccess)
                return session;

            var ended = await EndedByItselfAsync(session, cancellationToken);
            await session.DisposeAsync();
            return WhyNot(ended, ready.Error, launch);
        }
        catch (OperationCanceledException)
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private bool TryWriteSettings(AgentLaunch launch, SandboxPolicy policy)
    {
        if (ClaudeLaunchSettings.AtStart(launch, hasProxy: sandbox.View(policy).Proxy is not null) is not { IsEmpty: false } settings)
            return true;

        try
        {
            ClaudeSettingsFile.Write(policy.RuntimePath, settings);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogSettingsNotWritten(e, launch.SessionId);
            return false;
        }
    }

    private AgentInfo InfoOf(string version, string binary)
    {
        var support = resources.Support;
        return new AgentInfo(version, binary, sandbox.Description)
        {
            Limits = support.Means is { } means ? $"{support.Controllers.ToPlain()} of each session by {means}" : null,
            Unlimited = support.Unlimited,
        };
    }

    // The pipes of a process that ends break before it is known how it ended, and that is what tells why.
    private async Task<ProcessExit?> EndedByItselfAsync(ClaudeAgentSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Exited.WaitAsync(EndPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Shows the binary and not its folder, which may be anything: a home, for one.</summary>
    private static SandboxPolicy PolicyOf(string binary, AgentLaunch launch) => new()
    {
        SessionId = launch.SessionId,
        WorkspacePath = launch.WorkspacePath,
        HomePath = launch.HomePath,
        RuntimePath = Path.GetDirectoryName(launch.ApiSocketPath)!,
        EgressSocketPath = launch.EgressSocketPath,
        ReadOnlyMounts = [new ReadOnlyMount(binary, InsidePath)],
    };

    private ProcessSpec SpecOf(string binary, AgentLaunch launch, SandboxPolicy policy, Guid? beginAs)
    {
        var view = sandbox.View(policy);
        var commandLine = ClaudeCommandLine.Build(launch, view, beginAs);
        return sandbox.Wrap(policy, new ProcessSpec
        {
            FileName = view.PathOf(binary),
            Arguments = commandLine.Arguments,
            Environment = commandLine.Environment,
            WorkingDirectory = view.Workspace,
        });
    }

    private const string SessionIdInUse = "agent_session_id_in_use";

    private static Error WhyNot(ProcessExit? exit, Error unanswered, AgentLaunch launch)
    {
        if (exit?.Exceeded is { } exceeded)
            return SessionErrors.ResourceLimitExceeded(exceeded);

        var why = SessionErrors.AgentFailedToStart(exit is null ? unanswered.Message : Sentence(exit));
        var isMissing = exit?.ErrorTail.Contains("No conversation found", StringComparison.Ordinal) == true;
        return launch switch
        {
            { ResumeAgentSessionId: null } when exit?.ErrorTail.Contains("is already in use", StringComparison.Ordinal) == true => why with { Reason = SessionIdInUse },
            { ResumeAgentSessionId: null } => why,
            { Memory: not null } => isMissing ? why with { Reason = AgentErrors.RebuildFailedReason } : why,

            // Of a damaged transcript it says nothing; it hangs, or ends with a fault of its own.
            _ => why with { Reason = AgentErrors.TranscriptMissingReason, Retryable = false },
        };
    }

    private static string Sentence(ProcessExit exit)
    {
        var said = exit.Fault ?? exit.ErrorTail.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        return $"it ended with {exit.ExitCode}{(said is null ? " and said nothing." : $": {said}")}";
    }

    private string? FindBinary() =>
        ClaudeBinary.Find(options.Value.CodePath, AppContext.BaseDirectory, Environment.GetEnvironmentVariable("PATH"));

    private Error NotFound() => SessionErrors.AgentFailedToStart(options.Value.CodePath is { Length: > 0 } configured
        ? $"there is no {configured}. {ClaudeBinary.HowToGetIt}"
        : $"it was not found. {ClaudeBinary.HowToGetIt}");

    [LoggerMessage(4120, LogLevel.Information, "Session {SessionId}: Claude's memory was made anew from the session's history, {TurnCount} turns.")]
    private partial void LogRebuilt(SessionId sessionId, int turnCount);

    [LoggerMessage(4121, LogLevel.Warning, "Session {SessionId}: Claude's memory could not be made anew.")]
    private partial void LogRebuildFailed(Exception exception, SessionId sessionId);

    [LoggerMessage(4122, LogLevel.Error, "Session {SessionId}: the settings that Claude Code starts with could not be written.")]
    private partial void LogSettingsNotWritten(Exception exception, SessionId sessionId);

    [LoggerMessage(4110, LogLevel.Information, "Session {SessionId} has a transcript already; it is resumed.")]
    private partial void LogTranscriptFound(SessionId sessionId);
}
