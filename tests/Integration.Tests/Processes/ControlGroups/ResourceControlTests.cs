using System.Diagnostics;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Processes.ControlGroups;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes.ControlGroups;

/// <summary>Which control groups are found and used: in folders that stand for them, and in real ones.</summary>
public sealed class ResourceControlTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("claudy-test-").FullName;

    private string Root => Path.Combine(_data, "cgroup");

    [Fact]
    public void Support_WhenNothingIsMounted_ShouldSaySo()
    {
        using var resources = With("", "");

        resources.Support.ShouldBe(new ResourceSupport(Controllers.None, null, "memory, CPU, processes: no control groups for it are mounted"));
        resources.Make(new ResourceBounds { Name = "s", MaxMemoryBytes = 1 }).Value.EntryCommand.ShouldBeEmpty();
    }

    [Fact]
    public void Support_WhenTheGroupOfVersion2WasGivenLittle_ShouldNameTheRest()
    {
        Unified(available: "cpu pids", passedOn: "cpu pids");
        using var resources = With($"1 1 0:1 / {Root} rw - cgroup2 cgroup2 rw", "0::/service");

        resources.Support.Controllers.ShouldBe(Controllers.Cpu | Controllers.Processes);
        resources.Support.Unlimited.ShouldBe($"memory: {Root}/service was not given memory");
    }

    [Fact]
    public void Support_WhenOthersAreInTheGroupOfVersion2_ShouldSaySo()
    {
        Unified(available: "memory cpu pids", passedOn: "");
        File.AppendAllText(Path.Combine(Root, "service", "cgroup.procs"), "1\n");
        using var resources = With($"1 1 0:1 / {Root} rw - cgroup2 cgroup2 rw", "0::/service");

        resources.Support.Controllers.ShouldBe(Controllers.None);
        resources.Support.Unlimited!.ShouldContain($"other processes are in {Root}/service beside this server: 1");
    }

    [Fact]
    public void Support_WhenTheNamedGroupIsNotThere_ShouldSaySo()
    {
        Unified(available: "memory cpu pids", passedOn: "");
        using var resources = With($"1 1 0:1 / {Root} rw - cgroup2 cgroup2 rw", "0::/service", "/other");

        resources.Support.Unlimited!.ShouldContain("there is no control group /other");
    }

    [Fact]
    public void Make_WhenItIsVersion2_ShouldPassTheControllersOnAndLimitTheGroup()
    {
        Unified(available: "cpuset cpu io memory pids", passedOn: "");
        using var resources = With($"1 1 0:1 / {Root} rw - cgroup2 cgroup2 rw", "0::/service");

        var group = resources.Make(new ResourceBounds { Name = "s1", MaxMemoryBytes = 12345 }).Value;

        resources.Support.ShouldBe(new ResourceSupport(Controllers.All, "control groups v2", null));
        File.ReadAllText(Path.Combine(Root, "service", "cgroup.subtree_control")).ShouldBe("+memory +cpu +pids");
        var entry = group.EntryCommand.Single(part => part.EndsWith("/cgroup.procs", StringComparison.Ordinal));
        entry.ShouldMatch($"^{Root}/service/claudy-[0-9a-f]{{8}}-{Environment.ProcessId}-[0-9]+/s1.1/cgroup.procs$");
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(entry)!, "memory.max")).ShouldBe("12345");
        File.ReadAllText(Path.Combine(entry, "../../cgroup.subtree_control")).ShouldBe("+memory +cpu +pids");
        File.ReadAllText(Path.Combine(entry, "../../server/cgroup.procs")).ShouldBe($"{Environment.ProcessId}");
    }

    [Fact]
    public void Support_WhenControllersAreInBothVersions_ShouldTakeEachWhereItIs()
    {
        Unified(available: "cpu pids", passedOn: "cpu pids");
        Directory.CreateDirectory(Path.Combine(Root, "memory"));
        File.WriteAllText(Path.Combine(Root, "memory", "cgroup.procs"), "");
        using var resources = With(
            $"1 1 0:1 / {Root} rw - cgroup2 cgroup2 rw\n2 1 0:2 / {Root}/memory rw - cgroup cgroup rw,memory",
            "4:memory:/\n0::/service");

        resources.Support.ShouldBe(new ResourceSupport(Controllers.All, "control groups v1 and v2", null));
    }

    [SkippableFact]
    public async Task Prepare_WhenAKilledServerLeftGroups_ShouldRemoveThemAndNoOthers()
    {
        var options = new ProcessOptions { DataPath = _data };
        using var resources = Real(options);
        Groups.Require(resources);
        var folders = ControlGroupMount.Parse(await File.ReadAllTextAsync("/proc/self/mountinfo"), await File.ReadAllTextAsync("/proc/self/cgroup"))
            .Where(mount => mount.Controllers != Controllers.None).Select(mount => mount.FolderOf(mount.OwnGroup)!).ToList();
        Skip.If(folders.Count == 0, "There are no control groups of version 1 here.");
        var own = new AbandonedGroups(_data).ServerGroup.Split('-');

        // No process ever started then, and no start that one did begins like it.
        const string NoStart = "00";
        var (dead, living, foreign) = ($"claudy-{own[1]}-{own[2]}-{NoStart}", $"claudy-{own[1]}-1-{StartOf(1)}", $"claudy-{Guid.NewGuid().ToString("N")[..8]}-{own[2]}-{NoStart}");
        using var left = Process.Start("sleep", "1000");
        foreach (var folder in folders)
        {
            Directory.CreateDirectory(Path.Combine(folder, dead, "session.1"));
            Directory.CreateDirectory(Path.Combine(folder, living));
            Directory.CreateDirectory(Path.Combine(folder, foreign));
            await File.WriteAllTextAsync(Path.Combine(folder, dead, "session.1", "cgroup.procs"), $"{left.Id}");
        }

        try
        {
            resources.Prepare();

            Groups.Named(dead).ShouldBeEmpty();
            await left.WaitForExitAsync().WaitAsync(Eventually.Deadline);
            Groups.Named(living).Length.ShouldBe(folders.Count);
            Groups.Named(foreign).Length.ShouldBe(folders.Count);
        }
        finally
        {
            left.Kill();
            foreach (var group in Groups.Named(living).Concat(Groups.Named(foreign)).Concat(Groups.Named("session.1")).Concat(Groups.Named(dead)))
            {
                Directory.Delete(group);
            }
        }
    }

    [SkippableFact]
    public async Task Sweep_WhenTheNextServerIsStartedElsewhere_ShouldKnowTheOldPlace()
    {
        using (var resources = Real(new ProcessOptions { DataPath = _data }))
        {
            Groups.Require(resources);
            resources.Prepare();
        }

        (await File.ReadAllLinesAsync(Path.Combine(_data, "control-groups"))).ShouldAllBe(folder => Directory.Exists(folder));
    }

    [SkippableFact]
    public void Dispose_ShouldLeaveNoGroup()
    {
        var name = Guid.NewGuid().ToString("D");
        using (var resources = Real(new ProcessOptions { DataPath = _data }))
        {
            Groups.Require(resources);
            resources.Make(new ResourceBounds { Name = name }).IsSuccess.ShouldBeTrue();
            Groups.Named(name).ShouldNotBeEmpty();
        }

        Groups.Named(name).ShouldBeEmpty();
        Groups.Named(new AbandonedGroups(_data).ServerGroup).ShouldAllBe(group => GroupTree.ContainsThisProcess(group));
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private static string StartOf(int process)
    {
        ProcessTable.TryGet(process, out var entry).ShouldBeTrue();
        return $"{entry.StartTime}";
    }

    private static ResourceControl Real(ProcessOptions options) => new(Options.Create(options), TimeProvider.System, NullLogger<ResourceControl>.Instance);

    /// <summary>A folder that stands for a group of version 2 in which this process is.</summary>
    private void Unified(string available, string passedOn)
    {
        var group = Directory.CreateDirectory(Path.Combine(Root, "service")).FullName;
        File.WriteAllText(Path.Combine(group, "cgroup.type"), "domain\n");
        File.WriteAllText(Path.Combine(group, "cgroup.controllers"), $"{available}\n");
        File.WriteAllText(Path.Combine(group, "cgroup.subtree_control"), $"{passedOn}\n");
        File.WriteAllText(Path.Combine(group, "cgroup.procs"), $"{Environment.ProcessId}\n");
    }

    private ResourceControl With(string mountInfo, string ownGroups, string? parent = null)
    {
        File.WriteAllText(Path.Combine(_data, "mountinfo"), mountInfo);
        File.WriteAllText(Path.Combine(_data, "own"), ownGroups);
        return Real(new ProcessOptions
        {
            DataPath = _data,
            ControlGroup = parent,
            MountInfoPath = Path.Combine(_data, "mountinfo"),
            OwnGroupsPath = Path.Combine(_data, "own"),
        });
    }
}
