using System.Diagnostics;

namespace Claudy.Integration.Tests.Processes;

internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !await condition(); await Task.Delay(10))
        {
            if (watch.Elapsed > Deadline)
            {
                throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}");
            }
        }
    }
}
