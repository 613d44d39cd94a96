using Claudy.Application.Audit;
using Claudy.Application.Credentials;
using Claudy.Application.Files.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Networking;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Logging;

namespace Claudy.Application.Sessions;

/// <summary>The place of a session's one agent process: starts it, speaks to it in order, ends it.</summary>
/// <remarks>
/// Methods are for the session's loop and return at once; what waits for the process runs beside the loop and reports
/// back. Everything said to the agent is said in order.
/// </remarks>
internal sealed partial class AgentSlot(
    SessionId sessionId,
    UserId owner,
    IAgentLauncher launcher,
    IApiBroker broker,
    IEgressProxy egress,
    IWorkspaceFiles workspaces,
    IWorkspaceWatch watch,
    IWorkspaceCheckpoints checkpoints,
    UserCredentials credentials,
    IPermissionRuleStore rules,
    AgentConfiguration configuration,
    NetworkOptions network,
    ConversationReader conversations,
    ILogger<AgentSlot> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _abandoned = new();
    private Task _telling = Task.CompletedTask;
    private Task _lifecycle = Task.CompletedTask;
    private CancellationTokenSource? _launch;
    private volatile IAgentSession? _launched;

    /// <summary>The running agent; null before it answers and after it ended.</summary>
    public IAgentSession? Agent { get; private set; }

    /// <summary>What agents of this session are started with.</summary>
    public AgentConfiguration Configuration => configuration;

    /// <summary>Whether there is an agent or one is on its way.</summary>
    public bool IsOccupied { get; private set; }

    /// <summary>Called from any thread when the agent wanted to reach a host that it may not.</summary>
    public Action<EgressRefusal> OnRefused { get; set; } = _ => { };

    /// <summary>Told the same.</summary>
    public required SessionAudit Audit { get; init; }

    /// <summary>An agent is on its way.</summary>
    public void Reserve() => IsOccupied = true;

    /// <summary>Starts an agent. All are called from another thread.</summary>
    /// <param name="state">The session as it is stored.</param>
    /// <param name="remembers">Whether it gets the memory that it should have; else it begins anew.</param>
    /// <param name="found">Gets the workspace's configuration as it was at the start.</param>
    /// <param name="started">Gets the agent, or why there is none.</param>
    public void Launch(SessionState state, bool remembers, Func<WorkspaceConfiguration, Task> found, Func<Result<LaunchedAgent>, Task> started)
    {
        _launch = CancellationTokenSource.CreateLinkedTokenSource(_abandoned.Token);
        _lifecycle = LaunchAsync(_lifecycle, state, remembers, found, started, _launch.Token);
    }

    /// <summary>Takes the agent that was started.</summary>
    public void Occupy(IAgentSession agent)
    {
        Agent = agent;
        _launched = null;
    }

    /// <summary>There is no agent any more.</summary>
    public void Vacate()
    {
        var agent = Agent;
        Agent = null;
        IsOccupied = false;
        _lifecycle = VacateAsync(_lifecycle, agent);
    }

    /// <summary>Ends the agent, or the attempt to start it; its last event, or the failed start, tells when it is gone.</summary>
    public void Stop(TimeSpan grace)
    {
        if (Agent is { } agent)
        {
            _lifecycle = StopAsync(_lifecycle, agent, grace);
        }
        else
        {
            _launch?.Cancel();
        }
    }

    /// <summary>Says something to the agent, after all that was said before. An agent that is gone hears nothing; its end is an event of its own.</summary>
    public void Tell(Func<IAgentSession, CancellationToken, ValueTask> say)
    {
        if (Agent is { } agent)
        {
            _telling = TellAsync(_telling, agent, say);
        }
    }

    /// <summary>Has the running agent reach only what this policy allows, from now on.</summary>
    public void ApplyNetwork(NetworkPolicy policy) => egress.Apply(sessionId, network.RulesFor(policy));

    /// <summary>Keeps the workspace's files as they are, after all that was said to the agent and before what is said next.</summary>
    /// <param name="seq">The event at which that is.</param>
    /// <param name="isBeginning">Whether a turn begins with it, rather than ends.</param>
    public void KeepFiles(long seq, bool isBeginning) => _telling = KeepFilesAsync(_telling, seq, isBeginning);

    /// <summary>Puts files that turns changed back as they were at the beginning of one; <paramref name="done"/> is called from another thread.</summary>
    /// <param name="seq">The event that the turn began with.</param>
    /// <param name="done">Gets what became of them, or why none were put back.</param>
    public void RestoreFiles(long seq, Func<Result<RestoredFiles>, Task> done) => _telling = RestoreFilesAsync(_telling, seq, done);

    /// <summary>Measures the workspace; <paramref name="done"/> is called from another thread, with null when it cannot be measured.</summary>
    public void MeasureWorkspace(Func<WorkspaceUsage?, Task> done) => _ = MeasureWorkspaceAsync(done);

    /// <summary>Asks something of the agent after all that was said before; <paramref name="done"/> is called from another thread.</summary>
    public void Control(Func<IAgentSession, Task<Result>> ask, Func<Result, Task> done) => Ask(ask, done);

    /// <summary>The same, with a value for an answer.</summary>
    public void Ask<T>(Func<IAgentSession, Task<T>> ask, Func<T, Task> done)
        where T : IResult<T> => Tell((agent, _) =>
    {
        // The answer may take seconds; what is said next need not wait for it.
        var asking = AskAsync(agent, ask, done);
        return asking.IsCompleted ? new ValueTask(asking) : ValueTask.CompletedTask;
    });

    public async ValueTask DisposeAsync()
    {
        await _abandoned.CancelAsync();
        Vacate();
        await _lifecycle;
        await _telling;
        if (_launched is { } untaken)
        {
            await untaken.DisposeAsync();
        }

        _launch?.Dispose();
        _abandoned.Dispose();
    }

    private async Task KeepFilesAsync(Task previous, long seq, bool isBeginning)
    {
        await previous;
        await GuardAsync(() => checkpoints.TakeAsync(sessionId, seq, isBeginning, _abandoned.Token));
    }

    private async Task RestoreFilesAsync(Task previous, long seq, Func<Result<RestoredFiles>, Task> done)
    {
        await previous;
        Result<RestoredFiles> restored = WorkspaceErrors.CheckpointFailed();
        await GuardAsync(async () => restored = await checkpoints.RestoreAsync(sessionId, seq, _abandoned.Token));
        await done(restored);
    }

    private async Task MeasureWorkspaceAsync(Func<WorkspaceUsage?, Task> done)
    {
        // The loop does not wait for the disk.
        await Task.Yield();
        WorkspaceUsage? usage = null;
        await GuardAsync(async () => usage = await workspaces.MeasureAnewAsync(sessionId, _abandoned.Token));
        await done(usage);
    }

    private async Task StopAsync(Task previous, IAgentSession agent, TimeSpan grace)
    {
        await previous;
        await GuardAsync(() => agent.StopAsync(grace, CancellationToken.None));
    }

    // What goes wrong at one agent's end must not keep the next one from starting.
    private async Task GuardAsync(Func<Task> end)
    {
        try
        {
            await end();
        }
        catch (Exception exception)
        {
            LogEndFault(exception, sessionId);
        }
    }

    private async Task AskAsync<T>(IAgentSession agent, Func<IAgentSession, Task<T>> ask, Func<T, Task> done)
        where T : IResult<T>
    {
        T outcome;
        try
        {
            outcome = await ask(agent);
        }
        catch (Exception exception)
        {
            LogNotHeard(exception, sessionId);
            outcome = T.Failure(SessionErrors.ControlFailed("it has ended."));
        }

        await done(outcome);
    }

    private async Task TellAsync(Task previous, IAgentSession agent, Func<IAgentSession, CancellationToken, ValueTask> say)
    {
        await previous;
        try
        {
            await say(agent, _abandoned.Token);
        }
        catch (Exception exception)
        {
            // What one saying does wrong must not silence those after it.
            LogNotHeard(exception, sessionId);
        }
    }

    private async Task VacateAsync(Task previous, IAgentSession? agent)
    {
        await previous;
        if (agent is not null)
        {
            await GuardAsync(() => agent.DisposeAsync().AsTask());
        }

        await GuardAsync(() => watch.CloseAsync(sessionId));

        // The folder of both sockets is the broker's.
        await GuardAsync(() => egress.CloseAsync(sessionId));
        await GuardAsync(() => broker.CloseAsync(sessionId));
    }

    private async Task LaunchAsync(
        Task previous,
        SessionState state,
        bool remembers,
        Func<WorkspaceConfiguration, Task> found,
        Func<Result<LaunchedAgent>, Task> started,
        CancellationToken cancellationToken)
    {
        await previous;
        Result<LaunchedAgent> outcome;
        try
        {
            outcome = await LaunchAsync(state, remembers, found, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            outcome = SessionErrors.AgentFailedToStart("its start was called off.");
        }
        catch (Exception exception)
        {
            LogLaunchFault(exception, sessionId);
            outcome = SessionErrors.AgentFailedToStart("the server could not start it; the server's log says more.");
        }

        // Until it is taken, it is ended with this slot.
        _launched = outcome.IsSuccess ? outcome.Value.Agent : null;
        await started(outcome);
    }

    private async Task<Result<LaunchedAgent>> LaunchAsync(
        SessionState state, bool remembers, Func<WorkspaceConfiguration, Task> found, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var ready = await credentials.ReadyAsync(owner, sessionId, state.Settings.BringsOwnKey, cancellationToken);
        if (!ready.IsSuccess)
        {
            return ready.Error;
        }

        var owners = await rules.FindAsync(owner, cancellationToken);
        var policy = state.Settings.Network ?? NetworkPolicy.None;
        if (launcher.WhyNoNetwork(policy.Mode) is { } why)
        {
            return SessionErrors.AgentFailedToStart(why) with { Retryable = false };
        }

        var location = workspaces.Prepare(sessionId);
        checkpoints.Warm(sessionId);
        await watch.OpenAsync(sessionId, cancellationToken);
        var approved = await configuration.ApprovedAsync(state, found, cancellationToken);
        var socket = await broker.OpenAsync(sessionId, () => credentials.For(owner, sessionId), cancellationToken);
        var memory = await MemoryAsync(state, remembers, cancellationToken);
        var launched = await launcher.LaunchAsync(
            new AgentLaunch
            {
                SessionId = sessionId,
                Settings = state.Settings,
                DeniedRules = [.. state.Rules.Denied.Union(owners.Denied, StringComparer.Ordinal)],
                ResumeAgentSessionId = state.AgentSessionId,
                Memory = memory,
                WorkspacePath = location.WorkspacePath,
                HomePath = location.HomePath,
                ApiSocketPath = socket,
                EgressSocketPath = await OpenEgressAsync(policy, Path.GetDirectoryName(socket)!, cancellationToken),
                Configuration = approved,
                McpServers = configuration.ServersOf(state, approved),
            },
            cancellationToken);
        var rebuilt = memory is { Turns.Count: > 0 } ? new RebuiltMemory(memory.Turns.Count, memory.IsShortened) : null;
        return launched.IsSuccess ? new LaunchedAgent(launched.Value, rebuilt) : launched.Error;
    }

    // Where there were turns but the agent has no transcript of them that holds, the session's own history has them.
    private async Task<Conversation?> MemoryAsync(SessionState state, bool remembers, CancellationToken cancellationToken)
    {
        if (!remembers)
        {
            return Conversation.Empty;
        }

        return state is { AgentSessionId: null, TurnCount: > 0 } ? await conversations.ReadAsync(sessionId, cancellationToken) : null;
    }

    private void Refuse(EgressRefusal refusal)
    {
        Audit.Note(refusal);
        OnRefused(refusal);
    }

    // Without a sandbox the agent has this machine's network, and nothing would make it go through a proxy.
    private async Task<string?> OpenEgressAsync(NetworkPolicy policy, string folder, CancellationToken cancellationToken) =>
        policy.Mode != NetworkMode.None && launcher.IsIsolating
            ? await egress.OpenAsync(sessionId, folder, network.RulesFor(policy), Refuse, cancellationToken)
            : null;

    [LoggerMessage(200, LogLevel.Information, "Session {SessionId}: the agent did not hear")]
    private partial void LogNotHeard(Exception exception, SessionId sessionId);

    [LoggerMessage(201, LogLevel.Error, "Session {SessionId}: the agent could not be started")]
    private partial void LogLaunchFault(Exception exception, SessionId sessionId);

    [LoggerMessage(203, LogLevel.Error, "Session {SessionId}: the agent's end went wrong")]
    private partial void LogEndFault(Exception exception, SessionId sessionId);
}

/// <summary>An agent that answers.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Rebuilt">What it remembers, when its memory was made anew.</param>
internal sealed record LaunchedAgent(IAgentSession Agent, RebuiltMemory? Rebuilt);
