namespace Claudy.WebApi.WebSockets;

/// <summary>
/// The attachments of one connection whose feed has a hole, repaired one after the other. It takes every one of them: an
/// attachment that waits for its repair holds back what is published, so that a refused one would be silent for good.
/// </summary>
/// <remarks>Bounded all the same: an attachment asks once, and not again before it was repaired.</remarks>
internal sealed class RepairLane(Func<Attachment, Task> repair, CancellationToken closing)
{
    private readonly Lock _gate = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Repairs an attachment as soon as those before it are; neither blocks nor throws.</summary>
    public void Add(Attachment attachment)
    {
        lock (_gate)
        {
            _running = RunAsync(_running, attachment);
        }
    }

    /// <summary>Waits for the repairs that were asked for.</summary>
    public Task CompleteAsync()
    {
        lock (_gate)
        {
            return _running;
        }
    }

    private async Task RunAsync(Task previous, Attachment attachment)
    {
        // Whoever asks holds the session's gate.
        await Task.Yield();
        await previous;
        if (!closing.IsCancellationRequested)
        {
            await repair(attachment);
        }
    }
}
