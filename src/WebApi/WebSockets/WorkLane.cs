using System.Threading.Channels;

namespace Claudy.WebApi.WebSockets;

/// <summary>Something to do for a connection.</summary>
/// <param name="Frame">A frame to handle.</param>
/// <param name="Buffer">What the frame's data is a slice of.</param>
internal readonly record struct WorkItem(FrameContext Frame, ReceivedFrame Buffer);

/// <summary>Work of one connection, one after the other or so many at once. A full lane holds up the receiving loop, and so the client.</summary>
internal sealed class WorkLane
{
    private const int Capacity = 64;

    private readonly Func<WorkItem, Task> _handle;
    private readonly CancellationToken _closing;
    private readonly Channel<WorkItem> _items = Channel.CreateBounded<WorkItem>(Capacity);
    private readonly Task _running;

    public WorkLane(Func<WorkItem, Task> handle, CancellationToken closing, int atOnce = 1)
    {
        _handle = handle;
        _closing = closing;
        _running = atOnce == 1 ? RunAsync() : Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => RunAsync()));
    }

    /// <summary>Adds work, when there is room.</summary>
    /// <returns>False when it was not taken, because the connection closes.</returns>
    public async ValueTask<bool> AddAsync(WorkItem item)
    {
        try
        {
            await _items.Writer.WriteAsync(item, _closing);
            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>Drops what waits and ends with what is being done.</summary>
    public Task CompleteAsync()
    {
        _items.Writer.TryComplete();
        return _running;
    }

    private async Task RunAsync()
    {
        while (await _items.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (_items.Reader.TryRead(out var item))
            {
                if (_closing.IsCancellationRequested)
                {
                    item.Buffer.Dispose();
                }
                else
                {
                    await _handle(item);
                }
            }
        }
    }
}
