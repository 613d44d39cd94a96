using System.Threading.Tasks.Sources;

namespace Claudy.WebApi.WebSockets;

/// <summary>
/// The frames that wait for one client, in order, bounded. Live frames are refused when the client is too slow for them;
/// who answers or replays waits for room first.
/// </summary>
internal sealed class OutboundQueue(int maxBytes) : IValueTaskSource<bool>
{
    /// <summary>How much goes into one write.</summary>
    public const int WriteSize = 64 * 1024;

    private const int MaxEntries = 16 * 1024;
    private const int AnswersAhead = 1024 * 1024;

    // Larger ones are written from where they are; smaller ones are put together first.
    private const int LargeEntry = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Entry> _entries = new();
    private Entry _tail;
    private long _liveBytes;
    private long _answerBytes;
    private bool _completed;
    private bool _isWaiting;
    private TaskCompletionSource? _room;
    private ManualResetValueTaskSourceCore<bool> _ready = new() { RunContinuationsAsynchronously = true };

    /// <summary>Adds whole frames that are published to all who watch.</summary>
    /// <returns>False when the client is too far behind; the queue is then to be given up.</returns>
    public bool TryEnqueueLive(ReadOnlySpan<ArraySegment<byte>> frames)
    {
        long bytes = 0;
        foreach (var frame in frames)
        {
            bytes += frame.Count;
        }

        lock (_gate)
        {
            if (_completed)
            {
                return true;
            }

            // One frame always fits, whatever its size.
            if ((_liveBytes > 0 && _liveBytes + bytes > maxBytes) || _entries.Count >= MaxEntries)
            {
                return false;
            }

            _liveBytes += bytes;
            foreach (var frame in frames)
            {
                Add(frame, isAnswer: false);
            }

            Wake(true);
            return true;
        }
    }

    /// <summary>Adds a whole frame for this client alone.</summary>
    /// <returns>False when the client asks and does not read.</returns>
    public bool TryEnqueueAnswer(ArraySegment<byte> frame)
    {
        lock (_gate)
        {
            if (_completed)
            {
                return true;
            }

            if ((_answerBytes > AnswersAhead && _answerBytes + frame.Count > maxBytes) || _entries.Count >= MaxEntries)
            {
                return false;
            }

            _answerBytes += frame.Count;
            Add(frame, isAnswer: true);
            Wake(true);
            return true;
        }
    }

    /// <summary>Waits until few answers wait.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_completed || _answerBytes < AnswersAhead)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits for frames; one reader only.</summary>
    /// <returns>False when all is sent and no more will come.</returns>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_tail.Frames.Count > 0)
            {
                return ValueTask.FromResult(true);
            }

            if (_completed)
            {
                return ValueTask.FromResult(false);
            }

            _ready.Reset();
            _isWaiting = true;
            return new ValueTask<bool>(this, _ready.Version);
        }
    }

    /// <summary>Takes whole frames for one write.</summary>
    /// <param name="scratch">Where small ones are put together, <see cref="WriteSize"/> long.</param>
    /// <returns>The bytes, valid until the next call; empty when there are none.</returns>
    public ReadOnlyMemory<byte> Take(byte[] scratch)
    {
        lock (_gate)
        {
            var length = 0;
            while (Peek() is { Frames.Count: > 0 } entry)
            {
                if (length == 0 && entry.Frames.Count >= LargeEntry)
                {
                    Remove(entry);
                    return entry.Frames;
                }

                if (length + entry.Frames.Count > WriteSize)
                {
                    break;
                }

                entry.Frames.AsSpan().CopyTo(scratch.AsSpan(length));
                length += entry.Frames.Count;
                Remove(entry);
            }

            return scratch.AsMemory(0, length);
        }
    }

    /// <summary>Takes no more frames.</summary>
    /// <param name="discard">Whether those that wait are dropped too.</param>
    public void Complete(bool discard)
    {
        lock (_gate)
        {
            _completed = true;
            if (discard)
            {
                _entries.Clear();
                _tail = default;
            }

            _room?.TrySetResult();
            Wake(_tail.Frames.Count > 0);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _ready.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _ready.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ready.OnCompleted(continuation, state, token, flags);

    // Frames that were made one after the other lie side by side, and leave as one.
    private void Add(ArraySegment<byte> frame, bool isAnswer)
    {
        var tail = _tail.Frames;
        if (tail.Count > 0 && _tail.IsAnswer == isAnswer && ReferenceEquals(tail.Array, frame.Array)
            && tail.Offset + tail.Count == frame.Offset && tail.Count + frame.Count <= WriteSize)
        {
            _tail = new Entry(new ArraySegment<byte>(tail.Array!, tail.Offset, tail.Count + frame.Count), isAnswer);
            return;
        }

        if (tail.Count > 0)
        {
            _entries.Enqueue(_tail);
        }

        _tail = new Entry(frame, isAnswer);
    }

    private Entry Peek() => _entries.TryPeek(out var entry) ? entry : _tail;

    private void Remove(Entry entry)
    {
        if (!_entries.TryDequeue(out _))
        {
            _tail = default;
        }

        if (entry.IsAnswer)
        {
            _answerBytes -= entry.Frames.Count;
            if (_answerBytes < AnswersAhead)
            {
                _room?.TrySetResult();
                _room = null;
            }
        }
        else
        {
            _liveBytes -= entry.Frames.Count;
        }
    }

    // Within the gate: a reader that goes on must not reset the source before this is through with it.
    private void Wake(bool hasFrames)
    {
        if (_isWaiting)
        {
            _isWaiting = false;
            _ready.SetResult(hasFrames);
        }
    }

    private readonly record struct Entry(ArraySegment<byte> Frames, bool IsAnswer);
}
