namespace Claudy.Application.Tests.Support;

/// <summary>Waits for a condition, with a deadline.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static Task ShouldHoldAsync(Func<bool> condition, string what) => ShouldHoldAsync(() => Task.FromResult(condition()), what);

    public static async Task ShouldHoldAsync(Func<Task<bool>> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            try
            {
                await poll.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException($"Within {Deadline.TotalSeconds} s it did not happen that {what}.", exception);
            }
        }
    }
}
