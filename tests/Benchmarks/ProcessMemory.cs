using System.Globalization;
using Claudy.Infrastructure.Processes;

namespace Claudy.Benchmarks;

/// <summary>What processes take of the machine's memory, in MB of 2^20 bytes, as Linux tells it in <c>/proc</c>; see proc(5).</summary>
internal static class ProcessMemory
{
    /// <summary>What a process has in memory (RSS), with what it shares with others.</summary>
    public static double Resident(int id) => KilobytesOf(File.ReadLines($"/proc/{id}/status"), "VmRSS:") / 1024;

    /// <summary>What each process beneath another one takes, the greatest first: its share of what is shared goes by how many share it (PSS).</summary>
    public static List<double> Beneath(int id)
    {
        var children = ProcessTable.Ids().Select(child => (Id: child, Parent: ParentOf(child))).ToLookup(child => child.Parent, child => child.Id);
        List<double> shares = [];
        var left = new Queue<int>(children[id]);
        while (left.TryDequeue(out var next))
        {
            shares.Add(ShareOf(next));
            foreach (var child in children[next])
            {
                left.Enqueue(child);
            }
        }

        return [.. shares.OrderDescending()];
    }

    /// <summary>A process and those beneath it.</summary>
    public static double OfTree(int id) => ShareOf(id) + Beneath(id).Sum();

    /// <summary>What the machine has left for others.</summary>
    public static double Available() => new NodeMemory().AvailableBytes / (double)(1 << 20);

    private static double ShareOf(int id)
    {
        try
        {
            return KilobytesOf(File.ReadLines($"/proc/{id}/smaps_rollup"), "Pss:") / 1024;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || IsGone(e, id))
        {
            return 0;
        }
    }

    private static int ParentOf(int id)
    {
        try
        {
            // The name before the last parenthesis may hold anything.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    // One that ends while it is read answers ESRCH.
    private static bool IsGone(Exception e, int id) => e is IOException && (!ProcessTable.TryGet(id, out var entry) || entry.IsGone || entry.IsExiting);

    private static double KilobytesOf(IEnumerable<string> lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            : 0;
}
