using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;

namespace Claudy.Integration.Tests.Agents;

/// <summary>A process that the test plays.</summary>
internal sealed class FakeClaudeProcess : IProcessSpawner, IChildProcess
{
    private readonly Channel<JsonElement> _heard = Channel.CreateBounded<JsonElement>(100);
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LineHandler _onLine = _ => { };

    public int Id => 1;

    public Task<ProcessExit> Exited => _exited.Task;

    public bool IsReading { get; set; } = true;

    public Task<Result<IChildProcess>> StartAsync(ProcessSpec spec, LineHandler onLine, CancellationToken cancellationToken)
    {
        _onLine = onLine;
        return Task.FromResult(Result.Success<IChildProcess>(this));
    }

    /// <summary>A line of its output; returns when the line was taken.</summary>
    public void Say(string line) => _onLine(Encoding.UTF8.GetBytes(line));

    /// <summary>The next line that it was given.</summary>
    public async Task<JsonElement> HearAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await _heard.Reader.ReadAsync(deadline.Token);
    }

    public void Exit(int code = 0, string errors = "", string? fault = null, ExceededLimit? exceeded = null) =>
        _exited.TrySetResult(new ProcessExit(code, errors, fault, exceeded));

    public async ValueTask<bool> WriteLineAsync(ReadOnlyMemory<byte> utf8Line, CancellationToken cancellationToken)
    {
        if (!IsReading)
            return false;
        await _heard.Writer.WriteAsync(JsonDocument.Parse(utf8Line).RootElement, cancellationToken);
        return true;
    }

    public Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        Exit();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Exit(137);
        return ValueTask.CompletedTask;
    }
}
