using System.Globalization;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>A group with those within it, as folders.</summary>
internal static class GroupTree
{
    public const string ProcessesFile = "cgroup.procs";

    /// <summary>The processes in one group, without those in groups within.</summary>
    public static IReadOnlyList<int> ProcessesOf(string group)
    {
        try
        {
            return
            [
                .. File.ReadLines(Path.Combine(group, ProcessesFile))
                    .Select(line => int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                    .Where(id => id > 0),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // The group is gone.
        }
    }

    /// <summary>Whether this server is in the group or in one within.</summary>
    public static bool ContainsThisProcess(string group) =>
        Directory.Exists(group)
        && (ProcessesOf(group).Contains(Environment.ProcessId) || Directory.EnumerateDirectories(group).Any(ContainsThisProcess));

    /// <summary>Kills what is in the group and removes it, once. To be called again until nothing is left.</summary>
    /// <returns>Whether nothing is left.</returns>
    public static bool TryRemove(string group)
    {
        Kill(group);
        try
        {
            var isBare = Directory.EnumerateDirectories(group).ToList().TrueForAll(TryRemove);
            if (!isBare || ProcessesOf(group).Count > 0)
            {
                return false;
            }

            Directory.Delete(group);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // A process that was killed is in it still.
        }
    }

    /// <summary>Kills what is in the group at this moment, and lets nothing new begin.</summary>
    public static void Kill(string group)
    {
        // With no fork allowed any more, a fork bomb cannot run away from the signals.
        Write(Path.Combine(group, "pids.max"), "0");
        Write(Path.Combine(group, "cgroup.kill"), "1");
        foreach (var id in ProcessesOf(group).Where(id => id != Environment.ProcessId))
        {
            _ = Posix.Signal(id, Posix.SigKill);
        }
    }

    private static void Write(string file, string value)
    {
        try
        {
            if (File.Exists(file))
            {
                File.WriteAllText(file, value);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It went with its group, or never was ours: the signals remain.
        }
    }
}
