using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes.ControlGroups;

/// <summary>What is written to and read from the files of a group, in a folder that stands for one.</summary>
public sealed class GroupFolderTests : IDisposable
{
    private static readonly ResourceBounds Bounds = new() { Name = "s", MaxMemoryBytes = 1000, MaxCpuCores = 1.5, MaxProcesses = 70 };

    private readonly string _folder = Directory.CreateTempSubdirectory("claudy-test-").FullName;

    [Fact]
    public void Limit_WhenItIsVersion1_ShouldLimitMemoryWithSwapCpuAndProcesses()
    {
        Write("memory.memsw.limit_in_bytes", "");
        using var group = new GroupFolderV1(_folder, Controllers.All);

        group.Limit(Bounds);

        Files().ShouldBe(new Dictionary<string, string>
        {
            ["memory.limit_in_bytes"] = "1000",
            ["memory.memsw.limit_in_bytes"] = "1000",
            ["cpu.cfs_period_us"] = "100000",
            ["cpu.cfs_quota_us"] = "150000",
            ["pids.max"] = "70",
        }, ignoreOrder: true);
    }

    [Fact]
    public void Limit_WhenItIsVersion2_ShouldLimitMemoryWithoutSwapForAllOrNoneCpuAndProcesses()
    {
        Write("memory.swap.max", "max");
        using var group = new GroupFolderV2(_folder, Controllers.All);

        group.Limit(Bounds);

        Files().ShouldBe(new Dictionary<string, string>
        {
            ["memory.max"] = "1000",
            ["memory.swap.max"] = "0",
            ["memory.oom.group"] = "1",
            ["cpu.max"] = "150000 100000",
            ["pids.max"] = "70",
        }, ignoreOrder: true);
    }

    [Fact]
    public void Limit_WhenAControllerIsNotThere_ShouldPassItOver()
    {
        using var group = new GroupFolderV2(_folder, Controllers.Processes);

        group.Limit(Bounds);

        Files().Keys.ShouldBe(["pids.max"]);
    }

    [Theory]
    [InlineData(0, 0, 0, null)]
    [InlineData(1, 1, 0, LimitedResource.Memory)]
    [InlineData(0, 1, 0, null)]
    [InlineData(0, 0, 3, LimitedResource.Processes)]
    public void Exceeded_WhenItIsVersion2_ShouldTellByTheEvents(int out_of_memory, int kills, int refusedForks, LimitedResource? exceeded)
    {
        Write("memory.events", $"low 0\nhigh 0\nmax 25\noom {out_of_memory}\noom_kill {kills}\noom_group_kill 0\n");
        Write("pids.events", $"max {refusedForks}\n");
        using var group = new GroupFolderV2(_folder, Controllers.All);

        group.Exceeded().ShouldBe(exceeded);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, null)]
    [InlineData(1000, 0, 0, 0, null)]
    [InlineData(990, 0, 1, 0, LimitedResource.Memory)]
    [InlineData(500, 1000, 1, 0, LimitedResource.Memory)]
    [InlineData(500, 500, 1, 0, null)]
    [InlineData(0, 0, 0, 3, LimitedResource.Processes)]
    public void Exceeded_WhenItIsVersion1_ShouldTellByTheCounters(int most, int mostWithSwap, int kills, int refusedForks, LimitedResource? exceeded)
    {
        Write("memory.max_usage_in_bytes", $"{most}\n");
        Write("memory.memsw.max_usage_in_bytes", $"{mostWithSwap}\n");
        Write("memory.oom_control", $"oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
        Write("pids.events", $"max {refusedForks}\n");
        using var group = new GroupFolderV1(_folder, Controllers.All);
        group.Limit(Bounds);

        group.Exceeded().ShouldBe(exceeded);
    }

    [Fact]
    public void Exceeded_WhenItHappensLater_ShouldSeeIt()
    {
        Write("pids.events", "max 0\n");
        using var group = new GroupFolderV2(_folder, Controllers.All);
        group.Exceeded().ShouldBeNull();

        Write("pids.events", "max 1\n");

        group.Exceeded().ShouldBe(LimitedResource.Processes);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder, name), content);

    private Dictionary<string, string> Files() => Directory.GetFiles(_folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
}
