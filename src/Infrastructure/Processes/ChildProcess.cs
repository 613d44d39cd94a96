using System.Diagnostics;
using Claudy.Infrastructure.Processes.ControlGroups;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Processes;

/// <summary>
/// A started process. Reads of anonymous pipes block, so stdout and stderr have a thread each instead of taking them
/// from the thread pool.
/// </summary>
internal sealed partial class ChildProcess : IChildProcess
{
    private const int StackBytes = 256 << 10;
    private const int ErrorTailBytes = 4096;
    private const int MaxEndOfOutputWaits = 15;

    private static readonly byte[] LineEnd = "\n"u8.ToArray();
    private static readonly TimeSpan SigTermPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndOfOutputPatience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Stream _stdin;
    private readonly Stream _stdout;
    private readonly Stream _stderr;
    private readonly Descendants _descendants;
    private readonly ControlGroup? _group;
    private readonly LineHandler _onLine;
    private readonly int _maxLineBytes;
    private readonly bool _endsLinesAtReturns;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private readonly TailBuffer _errorTail = new(ErrorTailBytes);
    private readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Task _ended;
    private string? _fault;
    private volatile bool _isHandling;
    private volatile int _handled;
    private volatile bool _isAbandoned;

    public ChildProcess(
        Process process, Descendants descendants, ControlGroup? group, LineHandler onLine, int maxLineBytes, bool endsLinesAtReturns, TimeProvider time, ILogger logger)
    {
        (_process, _descendants, _group, _onLine, _maxLineBytes, _time, _logger) = (process, descendants, group, onLine, maxLineBytes, time, logger);
        _endsLinesAtReturns = endsLinesAtReturns;
        Id = process.Id;
        (_stdin, _stdout, _stderr) = (process.StandardInput.BaseStream, process.StandardOutput.BaseStream, process.StandardError.BaseStream);
        _ended = process.WaitForExitAsync(CancellationToken.None);
        Start(ReadOutput, "stdout");
        Start(ReadError, "stderr");
        Exited = WatchAsync();
        group?.OnExceeded(Kill);
    }

    public int Id { get; }

    public Task<ProcessExit> Exited { get; }

    public async ValueTask<bool> WriteLineAsync(ReadOnlyMemory<byte> utf8Line, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // Half a line would spoil the next one, so from here on nothing cancels.
            await _stdin.WriteAsync(utf8Line, CancellationToken.None);
            await _stdin.WriteAsync(LineEnd, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            _writing.Release();
        }
    }

    public Task StopAsync(TimeSpan grace, CancellationToken cancellationToken) => EndAsync(grace).WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await EndAsync(TimeSpan.Zero);
        _process.Dispose();
    }

    private async Task EndAsync(TimeSpan grace)
    {
        await CloseInputAsync();
        if (!await EndsWithinAsync(_ended, grace))
        {
            _ = Posix.Signal(Id, Posix.SigTerm);
            if (!await EndsWithinAsync(_ended, SigTermPatience))
            {
                _process.Kill();
            }
        }

        await Exited;
    }

    private async Task<bool> EndsWithinAsync(Task end, TimeSpan patience)
    {
        try
        {
            await end.WaitAsync(patience, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<ProcessExit> WatchAsync()
    {
        await _ended;
        var exitCode = _process.ExitCode;
        await CloseInputAsync();
        var exceeded = _group is null ? null : await _group.EndAsync();
        await _descendants.EndAsync();
        await EndOfOutputAsync();
        return new ProcessExit(exitCode, _errorTail.ToString(), _fault, exceeded);
    }

    /// <summary>
    /// With all descendants gone the pipes end, unless there is one that hid from the hunt: it left the session and wiped
    /// its environment. Only without a sandbox and without a control group can it live on; it must not hold up the session's end.
    /// </summary>
    private async Task EndOfOutputAsync()
    {
        var end = Task.WhenAll(_outputEnded.Task, _errorEnded.Task);
        var waits = 0;
        var handledBefore = _handled;
        while (!await EndsWithinAsync(end, EndOfOutputPatience))
        {
            // Lines that are still handled are a backlog, unless there is no end of them.
            var handled = _handled;
            waits++;
            if (!_isHandling && (handled == handledBefore || waits >= MaxEndOfOutputWaits))
            {
                _isAbandoned = true;
                LogAbandoned(_logger, Id);
                return;
            }

            handledBefore = handled;
        }
    }

    private void ReadOutput()
    {
        try
        {
            using var output = _stdout;
            if (!new LineReader(_maxLineBytes, _endsLinesAtReturns).ReadToEnd(output, HandleLine))
            {
                Fail($"It wrote a line of more than {_maxLineBytes} bytes.");
            }
        }
#pragma warning disable CA1031 // An exception that leaves a thread ends the server.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogHandlerFailed(_logger, Id, e);
            Fail("Its output could not be handled.");
        }
        finally
        {
            _outputEnded.SetResult();
        }
    }

    private void HandleLine(ReadOnlyMemory<byte> line)
    {
        if (!_isAbandoned)
        {
            _isHandling = true;
            _onLine(line);
            _handled++;
            _isHandling = false;
        }
    }

    private void ReadError()
    {
        try
        {
            using var error = _stderr;
            _errorTail.ReadToEnd(error);
        }
        catch (IOException e)
        {
            LogErrorOutputLost(_logger, Id, e);
        }
        finally
        {
            _errorEnded.SetResult();
        }
    }

    private void Fail(string fault)
    {
        _isHandling = false;
        _fault = fault;
        Kill();
    }

    private void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException e)
        {
            // Abandoned and disposed of; it was one that escaped who wrote. Whoever calls must not end the server for it.
            LogNothingToEnd(_logger, Id, e);
        }
    }

    private async ValueTask CloseInputAsync()
    {
        try
        {
            await _stdin.DisposeAsync();
        }
        catch (IOException e)
        {
            LogInputNotClosed(_logger, Id, e);
        }
    }

    private void Start(ThreadStart read, string stream) =>
        new Thread(read, StackBytes) { IsBackground = true, Name = $"{stream} of {Id}" }.Start();

    [LoggerMessage(1210, LogLevel.Error, "A line of process {ProcessId} could not be handled; the process is ended")]
    private static partial void LogHandlerFailed(ILogger logger, int processId, Exception exception);

    [LoggerMessage(1211, LogLevel.Warning, "The stderr of process {ProcessId} could not be read to its end")]
    private static partial void LogErrorOutputLost(ILogger logger, int processId, Exception exception);

    [LoggerMessage(1212, LogLevel.Debug, "The stdin of process {ProcessId} was not closed cleanly")]
    private static partial void LogInputNotClosed(ILogger logger, int processId, Exception exception);

    [LoggerMessage(1213, LogLevel.Warning, "Process {ProcessId} left a process that escaped and holds its output open")]
    private static partial void LogAbandoned(ILogger logger, int processId);

    [LoggerMessage(1214, LogLevel.Debug, "Process {ProcessId} was gone already when it was to be killed")]
    private static partial void LogNothingToEnd(ILogger logger, int processId, Exception exception);
}
