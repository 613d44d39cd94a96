using Claudy.Infrastructure.Processes;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes;

public sealed class NodeMemoryTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("claudy-memory-");

    [Fact]
    public void AvailableBytes_OnThisMachine_ShouldBeWhatTheKernelSays() =>
        new NodeMemory().AvailableBytes.ShouldBeInRange(1 << 20, 1L << 50);

    [Fact]
    public void AvailableBytes_WhenTheMachineHasNoLimit_ShouldBeTheKernelsEstimate()
    {
        Write("proc/meminfo", "MemTotal:       100 kB\nMemAvailable:       60 kB\n");
        Write("sys/fs/cgroup/memory.max", "max\n");
        Write("sys/fs/cgroup/memory.current", "10\n");

        new NodeMemory(_root.FullName).AvailableBytes.ShouldBe(60 * 1024);
    }

    [Theory]
    [InlineData("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current")]
    [InlineData("sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory/memory.usage_in_bytes")]
    public void AvailableBytes_InAContainer_ShouldBeWhatItsLimitLeaves(string limitFile, string usageFile)
    {
        Write("proc/meminfo", "MemAvailable:       60 kB\n");
        Write(limitFile, "4096\n");
        Write(usageFile, "1096\n");

        new NodeMemory(_root.FullName).AvailableBytes.ShouldBe(3000);
    }

    [Fact]
    public void AvailableBytes_WhenNothingCanBeRead_ShouldNotHoldSessionsUp() =>
        new NodeMemory(_root.FullName).AvailableBytes.ShouldBe(long.MaxValue);

    public void Dispose() => _root.Delete(recursive: true);

    private void Write(string file, string content)
    {
        var path = Path.Combine(_root.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
