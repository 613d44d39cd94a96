using System.Text.Json;
using System.Threading.Channels;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>A running CLI: its lines become events, calls become lines.</summary>
internal sealed partial class ClaudeAgentSession : IAgentSession
{
    /// <summary>So many events may wait for their reader before the process is held up.</summary>
    internal const int EventCapacity = 4096;

    // The CLI gives an MCP server 30 s, and answers nothing else meanwhile.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(40);

    private readonly AgentLaunch _launch;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ClaudeControlChannel _control;
    private readonly ClaudeEventMapper _mapper = new();
    private readonly List<AgentEvent> _mapped = [];
    private readonly CancellationTokenSource _unread;
    private readonly Channel<AgentEvent> _events = Channel.CreateBounded<AgentEvent>(
        new BoundedChannelOptions(EventCapacity) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

    private IChildProcess _process = null!;
    private PermissionMode _mode;
    private bool _disposed;

    private ClaudeAgentSession(AgentLaunch launch, TimeProvider time, ILogger logger)
    {
        _launch = launch;
        _mode = launch.Settings.PermissionMode;
        _time = time;
        _logger = logger;
        _unread = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _control = new ClaudeControlChannel(WriteAsync, time);
    }

    public ChannelReader<AgentEvent> Events => _events.Reader;

    public string WorkspacePath { get; internal set; } = "/workspace";

    /// <summary>How the process ended, once it did.</summary>
    internal Task<ProcessExit> Exited => _process.Exited;

    /// <summary>Starts the process. It answers nothing before <see cref="InitializeAsync"/>.</summary>
    internal static async Task<Result<ClaudeAgentSession>> StartAsync(
        IProcessSpawner spawner, ProcessSpec spec, AgentLaunch launch, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var session = new ClaudeAgentSession(launch, time, logger);
        var started = await spawner.StartAsync(spec, session.OnLine, cancellationToken);
        if (!started.IsSuccess)
        {
            session._unread.Dispose();
            return started.Error;
        }

        session._process = started.Value;
        _ = session.TellExitAsync();
        return session;
    }

    /// <summary>Asks whether it is ready, and gives it what may be too long for a command line.</summary>
    internal async Task<Result> InitializeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // All at once: it answers in order, and each answer that is waited for costs a message that waits a few milliseconds.
        var initializing = _control.SendAsync(ControlRequest.Initialize(ClaudeLaunchSettings.Prompt(_launch)), timeout, cancellationToken);
        List<Task<Result>> telling = [];
        if (ClaudeLaunchSettings.WhenReady(_launch, _launch.DeniedRules) is { IsEmpty: false } settings)
            telling.Add(ControlAsync(ControlRequest.Apply(settings), timeout, cancellationToken));
        if (_launch.Settings.MaxThinkingTokens is { } budget)
            telling.Add(ControlAsync(ControlRequest.SetThinkingBudget(budget), timeout, cancellationToken));

        var told = await Task.WhenAll(telling);
        var initialized = await initializing;
        if ((initialized.Error ?? Array.Find(told, result => !result.IsSuccess)?.Error) is { } error)
            return error;

        SlashCommands = ClaudeAnswers.SlashCommands(initialized.Value);

        // Not awaited: a server may take its time. The CLI itself holds the first message until they are connected.
        if (_launch.McpServers.Count > 0)
            _ = ConnectServersAsync();
        return Result.Success();
    }

    // What is given this way replaces what was given so before; that of the start stays.
    public Task<Result> SetDeniedRulesAsync(IReadOnlyList<string> rules, CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.Apply(ClaudeLaunchSettings.WhenReady(_launch, rules)), cancellationToken);

    public async ValueTask SendMessageAsync(Guid attemptId, ChatMessage message, CancellationToken cancellationToken) =>
        await WriteAsync(ClaudeInput.Message(attemptId, message), cancellationToken);

    public Task<Result> InterruptAsync(CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.Interrupt, cancellationToken);

    public Task<Result> SetModelAsync(string? model, CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.SetModel(model), cancellationToken);

    public async Task<Result> SetPermissionModeAsync(PermissionMode mode, CancellationToken cancellationToken)
    {
        if (mode == PermissionMode.BypassPermissions && _launch.Settings.PermissionMode != mode)
            return SessionErrors.ModeNeedsSandbox();

        var before = Interlocked.Exchange(ref _mode, mode);
        var set = await ControlAsync(ControlRequest.SetPermissionMode(mode), cancellationToken);
        if (!set.IsSuccess)
            Interlocked.CompareExchange(ref _mode, before, mode);
        return set;
    }

    public IReadOnlyList<SlashCommand> SlashCommands { get; private set; } = [];

    public Task<Result> SetThinkingBudgetAsync(int? maxTokens, CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.SetThinkingBudget(maxTokens), cancellationToken);

    public Task<Result> ReconnectMcpServerAsync(string name, CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.ReconnectMcpServer(name), ConnectTimeout, cancellationToken);

    public Task<Result> SetMcpServerEnabledAsync(string name, bool isEnabled, CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.ToggleMcpServer(name, isEnabled), ConnectTimeout, cancellationToken);

    public async Task<Result<IReadOnlyList<McpServerStatus>>> GetMcpStatusAsync(CancellationToken cancellationToken)
    {
        var status = await _control.SendAsync(ControlRequest.McpStatus, ConnectTimeout, cancellationToken);
        return status.IsSuccess ? Result.Success(ClaudeAnswers.McpServers(status.Value)) : status.Error;
    }

    public async Task<Result<ContextUsage>> GetContextUsageAsync(CancellationToken cancellationToken)
    {
        var usage = await _control.SendAsync(ControlRequest.GetContextUsage, ConnectTimeout, cancellationToken);
        return usage.IsSuccess ? ClaudeAnswers.ContextUsage(usage.Value) : usage.Error;
    }

    public async Task<Result<IReadOnlyList<string>>> RewindFilesAsync(Guid attemptId, CancellationToken cancellationToken)
    {
        // Only a dry run tells which files it is about.
        var planned = await _control.SendAsync(ControlRequest.RewindFiles(attemptId, isDryRun: true), ClaudeControlChannel.Timeout, cancellationToken);
        if (!planned.IsSuccess)
            return planned.Error;
        if (ClaudeRewind.WhyNot(planned.Value) is { } refused)
            return refused;

        var done = await _control.SendAsync(ControlRequest.RewindFiles(attemptId, isDryRun: false), ClaudeControlChannel.Timeout, cancellationToken);
        return done.Error ?? ClaudeRewind.WhyNot(done.Value) ?? Result.Success(ClaudeRewind.FilesOf(planned.Value, _launch.WorkspacePath));
    }

    public async ValueTask AnswerPermissionAsync(string requestId, PermissionAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Mode is { } mode)
            Interlocked.Exchange(ref _mode, mode);
        await WriteAsync(ClaudeInput.Decision(requestId, answer), cancellationToken);
    }

    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        _unread.CancelAfter(grace);
        using (var asking = new CancellationTokenSource(grace, _time))
        using (var linked = CancellationTokenSource.CreateLinkedTokenSource(asking.Token, cancellationToken))
            await AskToEndAsync(linked.Token);

        var left = grace - _time.GetElapsedTime(began);
        await _process.StopAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        await _unread.CancelAsync();
        await _process.DisposeAsync();
        _unread.Dispose();
    }

    private async Task AskToEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _control.SendAsync(ControlRequest.EndSession, ClaudeControlChannel.Timeout, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogStopUnanswered(_launch.SessionId);
        }
    }

    private async Task ConnectServersAsync()
    {
        var connected = await _control.SendAsync(ControlRequest.SetMcpServers(_launch.McpServers), ConnectTimeout, CancellationToken.None);
        var failed = connected.Error is null ? ClaudeAnswers.FailedServers(connected.Value) : _launch.McpServers.Select(server => server.Name);
        foreach (var name in failed)
            LogNotConnected(_launch.SessionId, name);
    }

    private Task<Result> ControlAsync(ControlRequest request, CancellationToken cancellationToken) =>
        ControlAsync(request, ClaudeControlChannel.Timeout, cancellationToken);

    private async Task<Result> ControlAsync(ControlRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        WithoutValue(await _control.SendAsync(request, timeout, cancellationToken));

    private static Result WithoutValue(Result<JsonElement> result) => result.Error is { } error ? error : Result.Success();

    private ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken) =>
        _process.WriteLineAsync(line, cancellationToken);

    // On the process's reader thread, one line at a time.
    private void OnLine(ReadOnlyMemory<byte> line)
    {
        var control = _mapper.Map(line.Span, _mapped);
        foreach (var mapped in _mapped)
            Deliver(mapped);
        _mapped.Clear();

        switch (control)
        {
            case ClaudeControl.Answer answer:
                _control.OnAnswer(answer);
                break;
            case ClaudeControl.CredentialRefused:
                _ = EndRefusedTurnAsync();
                break;
            case ClaudeControl.Unsupported unsupported:
                _ = RefuseAsync(unsupported);
                break;
        }
    }

    private void Deliver(AgentEvent mapped)
    {
        // The CLI does not know this mode, and tells of another one. It cannot leave it by itself either: whatever asks is denied.
        if (mapped is AgentEvent.PermissionModeChanged && _mode == PermissionMode.DontAsk)
            return;

        if (_events.Writer.TryWrite(mapped) || _unread.IsCancellationRequested)
            return;

        try
        {
            // The thread is the process's own and may block: that is what holds up an agent whose events nobody reads.
            _events.Writer.WriteAsync(mapped, _unread.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            LogUnread(_launch.SessionId);
        }
    }

    private async Task EndRefusedTurnAsync()
    {
        var interrupted = await InterruptAsync(CancellationToken.None);
        if (interrupted.Error is { } error)
            LogInterruptFailed(_launch.SessionId, error.Message);
    }

    private async Task RefuseAsync(ClaudeControl.Unsupported unsupported)
    {
        LogUnsupported(_launch.SessionId, unsupported.Subtype);
        await WriteAsync(ClaudeInput.Refusal(unsupported.RequestId, $"Claudy does not answer {unsupported.Subtype}."), CancellationToken.None);
    }

    private async Task TellExitAsync()
    {
        var exit = await _process.Exited;
        _control.Close();
        var errors = exit.Fault is null ? exit.ErrorTail : $"{exit.Fault}\n{exit.ErrorTail}";
        await _events.Writer.WriteAsync(new AgentEvent.Exited(exit.ExitCode, errors, exit.Exceeded), CancellationToken.None);
        _events.Writer.Complete();
    }

    [LoggerMessage(4100, LogLevel.Warning, "Session {SessionId}: the API refused the credential, but the turn could not be interrupted: {Why}")]
    private partial void LogInterruptFailed(SessionId sessionId, string why);

    [LoggerMessage(4101, LogLevel.Warning, "Session {SessionId}: Claude Code asked for {Subtype}, which is not offered.")]
    private partial void LogUnsupported(SessionId sessionId, string subtype);

    [LoggerMessage(4102, LogLevel.Information, "Session {SessionId}: Claude Code did not answer the request to end; it is stopped.")]
    private partial void LogStopUnanswered(SessionId sessionId);

    [LoggerMessage(4150, LogLevel.Information, "Session {SessionId}: the MCP server {Server} is not connected.")]
    private partial void LogNotConnected(SessionId sessionId, string server);

    [LoggerMessage(4103, LogLevel.Information, "Session {SessionId}: nobody reads the events any more; the rest is dropped.")]
    private partial void LogUnread(SessionId sessionId);
}
