using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Sends control requests to the CLI and pairs its answers with them. Thread-safe.</summary>
/// <param name="write">Writes a line to the CLI; false when it does not read any more.</param>
/// <param name="time">Measures timeouts.</param>
internal sealed class ClaudeControlChannel(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<bool>> write, TimeProvider time)
{
    /// <summary>How long the CLI may take for an answer; it works on one request after another.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<ClaudeControl.Answer>> _pending = new(StringComparer.Ordinal);
    private long _lastId;
    private volatile bool _closed;

    /// <summary>Sends a request and awaits its answer.</summary>
    /// <returns>What the CLI said, undefined when it said nothing; or <c>SESSION_013</c>.</returns>
    internal async Task<Result<JsonElement>> SendAsync(ControlRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var id = "claudy-" + Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
        var answered = new TaskCompletionSource<ClaudeControl.Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answered;
        try
        {
            // Asked after the request was noted, so that a process that ends meanwhile fails it one way or the other.
            if (_closed || !await write(ClaudeInput.Request(id, request), cancellationToken))
                return SessionErrors.ControlFailed("it has ended.");

            var answer = await answered.Task.WaitAsync(timeout, time, cancellationToken);
            return answer.Error is { } why ? SessionErrors.ControlFailed(why) : answer.Payload ?? default(JsonElement);
        }
        catch (TimeoutException)
        {
            return SessionErrors.ControlFailed($"it did not answer {request.Subtype} within {timeout.TotalSeconds:0} s.");
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Hands an answer to who waits for it; one that nobody waits for any more is dropped.</summary>
    internal void OnAnswer(ClaudeControl.Answer answer)
    {
        if (_pending.TryRemove(answer.RequestId, out var waiting))
            waiting.TrySetResult(answer);
    }

    /// <summary>Fails all that wait, and all that will be sent: the process is gone.</summary>
    internal void Close()
    {
        _closed = true;
        foreach (var (id, waiting) in _pending)
            waiting.TrySetResult(new ClaudeControl.Answer(id, null, "it has ended."));
    }
}
