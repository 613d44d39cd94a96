namespace Claudy.Benchmarks;

/// <summary>What is made of samples.</summary>
internal static class Figures
{
    public static double Quantile(IEnumerable<double> values, double quantile)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, quantile * sorted.Count)];
    }

    public static double Median(IEnumerable<double> values) => Quantile(values, 0.5);

    /// <summary>How busy the machine was with other things, which a reader must know.</summary>
    public static string Machine()
    {
        var load = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
        return $"{Environment.ProcessorCount} cores, load average {load} at the end";
    }
}
