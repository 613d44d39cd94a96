using System.Globalization;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>What one process of a session may use; null for what this machine cannot limit.</summary>
internal sealed record ResourceLimits(long? MaxProcesses, long? MaxOpenFiles, long? MaxFileBytes)
{
    /// <summary>The <c>prlimit</c> command line, without what it shall start. No core dumps: they would hold what the session held.</summary>
    public IEnumerable<string> CommandLine(string prlimit)
    {
        yield return prlimit;
        yield return "--core=0";
        if (MaxProcesses is { } processes)
        {
            yield return $"--nproc={processes}";
        }

        if (MaxOpenFiles is { } files)
        {
            yield return $"--nofile={files}";
        }

        if (MaxFileBytes is { } bytes)
        {
            yield return $"--fsize={bytes}";
        }

        yield return "--";
    }

    /// <summary>The same, lowered to the hard limits that this server has itself: only root could raise them.</summary>
    /// <param name="procLimits">What <c>/proc/self/limits</c> says.</param>
    public ResourceLimits Within(string procLimits) => new(
        Lower(MaxProcesses, procLimits, "Max processes"),
        Lower(MaxOpenFiles, procLimits, "Max open files"),
        Lower(MaxFileBytes, procLimits, "Max file size"));

    private static long? Lower(long? wanted, string procLimits, string name)
    {
        var line = procLimits.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var hard = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit < wanted ? limit : wanted;
    }
}
