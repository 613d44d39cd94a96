namespace Claudy.Integration.Tests.Support;

/// <summary>A point that a scripted thing stops at until the test lets it go on; lets tests order events without sleeping.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when something stands at the gate.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets through whatever stands at the gate, and whatever comes later.</summary>
    public void Open() => _opened.TrySetResult();

    internal Task PassAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        return _opened.Task.WaitAsync(cancellationToken);
    }
}
