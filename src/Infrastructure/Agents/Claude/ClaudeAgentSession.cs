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
    private bool _disposed;

    private ClaudeAgentSession(AgentLaunch launch, TimeProvider time, ILogger logger)
    {
        _launch = launch;
        _time = time;
        _logger = logger;
        _unread = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _control = new ClaudeControlChannel(WriteAsync, time);
    }

    public ChannelReader<AgentEvent> Events => _events.Reader;

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
        var initialized = await _control.SendAsync(ControlRequest.Initialize(_launch.Settings.AppendSystemPrompt), timeout, cancellationToken);
        if (!initialized.IsSuccess)
            return initialized.Error;

        // Not by --allowedTools: it splits its value, and "Bash(echo ) Bash(touch *)" would become two rules, one of which nobody granted.
        List<string> allowed = [.. _launch.Settings.AllowedTools.Union(_launch.RememberedRules, StringComparer.Ordinal)];
        return allowed.Count == 0 ? Result.Success() : await ControlAsync(ControlRequest.Allow(allowed), cancellationToken);
    }

    public async ValueTask SendMessageAsync(Guid attemptId, ChatMessage message, CancellationToken cancellationToken) =>
        await WriteAsync(ClaudeInput.Message(attemptId, message), cancellationToken);

    public Task<Result> InterruptAsync(CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.Interrupt, cancellationToken);

    public Task<Result> SetModelAsync(string? model, CancellationToken cancellationToken) =>
        ControlAsync(ControlRequest.SetModel(model), cancellationToken);

    public Task<Result> SetPermissionModeAsync(PermissionMode mode, CancellationToken cancellationToken) =>
        mode == PermissionMode.BypassPermissions && _launch.Settings.PermissionMode != mode
            ? Task.FromResult<Result>(SessionErrors.ModeNeedsSandbox())
            : ControlAsync(ControlRequest.SetPermissionMode(mode), cancellationToken);

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

    public async ValueTask AnswerPermissionAsync(string requestId, PermissionAnswer answer, CancellationToken cancellationToken) =>
        await WriteAsync(ClaudeInput.Decision(requestId, answer), cancellationToken);

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

    private async Task<Result> ControlAsync(ControlRequest request, CancellationToken cancellationToken) =>
        WithoutValue(await _control.SendAsync(request, ClaudeControlChannel.Timeout, cancellationToken));

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
        await _events.Writer.WriteAsync(new AgentEvent.Exited(exit.ExitCode, errors), CancellationToken.None);
        _events.Writer.Complete();
    }

    [LoggerMessage(4100, LogLevel.Warning, "Session {SessionId}: the API refused the credential, but the turn could not be interrupted: {Why}")]
    private partial void LogInterruptFailed(SessionId sessionId, string why);

    [LoggerMessage(4101, LogLevel.Warning, "Session {SessionId}: Claude Code asked for {Subtype}, which is not offered.")]
    private partial void LogUnsupported(SessionId sessionId, string subtype);

    [LoggerMessage(4102, LogLevel.Information, "Session {SessionId}: Claude Code did not answer the request to end; it is stopped.")]
    private partial void LogStopUnanswered(SessionId sessionId);

    [LoggerMessage(4103, LogLevel.Information, "Session {SessionId}: nobody reads the events any more; the rest is dropped.")]
    private partial void LogUnread(SessionId sessionId);
}
