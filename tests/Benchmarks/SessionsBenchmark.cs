namespace Claudy.Benchmarks;

/// <summary>Many sessions: running at once with a stand-in of Claude Code and with the real one, and asleep. Memory and times, each beside a baseline in the same run.</summary>
internal static class SessionsBenchmark
{
    // What a sandboxed Claude Code may take, and what the machine keeps for all else, in MB.
    private const double MemoryOfOne = 500;
    private const double MemoryKept = 3_000;

    public static async Task<int> RunAsync(bool isQuick)
    {
        var (standIns, most, asleep) = isQuick ? (10, 3, 500) : (100, 20, 10_000);
        await RunningSessions.ReportStandInAsync(standIns);
        await using var claude = await RealClaude.StartAsync();
        await RunningSessions.ReportRealAsync(claude, Math.Clamp((int)((ProcessMemory.Available() - MemoryKept) / MemoryOfOne), 1, most));
        await AsleepSessions.ReportAsync(claude, asleep, isQuick);
        Console.WriteLine();
        Console.WriteLine($"{Figures.Machine()}, {ProcessMemory.Available() / 1024:0.0} GB available");
        return 0;
    }

    /// <summary>A line of the report, at once: a run takes minutes.</summary>
    public static void Row(string what, string baseline, string ours) => Console.WriteLine($"| {what} | {baseline} | {ours} |");

    /// <summary>Begins another table.</summary>
    public static void Part(string what)
    {
        Console.WriteLine();
        Row(what, "baseline", "Claudy");
        Row("---", "---:", "---:");
    }

    public static string Quantiles(List<double> milliseconds, double second) =>
        $"{Figures.Median(milliseconds):N0}, {Figures.Quantile(milliseconds, second):N0} ms";
}
