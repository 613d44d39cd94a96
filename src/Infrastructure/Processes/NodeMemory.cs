using System.Globalization;
using Claudy.Application.Sessions.Ports;

namespace Claudy.Infrastructure.Processes;

/// <summary>The kernel's own estimate, from <c>/proc/meminfo</c>, or what a container's limit leaves if that is less.</summary>
/// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; another folder in tests.</param>
internal sealed class NodeMemory(string root) : INodeMemory
{
    private const long BytesPerKilobyte = 1024;

    public NodeMemory()
        : this("/")
    {
    }

    public long AvailableBytes => Math.Min(OfMachine(), Math.Min(
        OfContainer("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current"),
        OfContainer("sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory/memory.usage_in_bytes")));

    private long OfMachine()
    {
        var line = ReadLines("proc/meminfo").FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, ..] && TryParse(kilobytes, out var number)
            ? number * BytesPerKilobyte
            : long.MaxValue;
    }

    // Of a container these files tell about itself; of a machine the limit is "max", or a number that no machine has.
    private long OfContainer(string limitFile, string usageFile) =>
        TryParse(ReadLines(limitFile).FirstOrDefault(), out var limit) && TryParse(ReadLines(usageFile).FirstOrDefault(), out var usage)
            ? Math.Max(0, limit - usage)
            : long.MaxValue;

    private string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(root, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // not on this machine
        }
    }

    private static bool TryParse(string? text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
