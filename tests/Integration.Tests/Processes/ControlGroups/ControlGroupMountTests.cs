using Claudy.Infrastructure.Processes.ControlGroups;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Processes.ControlGroups;

/// <summary>What /proc says about control groups, as different machines say it.</summary>
public sealed class ControlGroupMountTests
{
    [Fact]
    public void Parse_WhenThereIsVersion1_ShouldFindAHierarchyForEachController()
    {
        var mounts = ControlGroupMount.Parse(
            """
            30 22 0:27 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct
            34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            38 30 0:35 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
            39 30 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
            40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """,
            """
            9:name=systemd:/
            8:pids:/
            4:memory:/service/a
            1:cpu,cpuacct:/b
            0::/
            """);

        mounts.ShouldBe(
        [
            new ControlGroupMount(false, Controllers.Cpu, "/sys/fs/cgroup/cpu,cpuacct", "/", "/b"),
            new ControlGroupMount(false, Controllers.Memory, "/sys/fs/cgroup/memory", "/", "/service/a"),
            new ControlGroupMount(false, Controllers.Processes, "/sys/fs/cgroup/pids", "/", "/"),
            new ControlGroupMount(true, Controllers.None, "/sys/fs/cgroup/unified", "/", "/"),
        ]);
        mounts.Select(mount => mount.FolderOf(mount.OwnGroup)).ShouldBe(
            ["/sys/fs/cgroup/cpu,cpuacct/b", "/sys/fs/cgroup/memory/service/a", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified"]);
    }

    [Fact]
    public void Parse_WhenThereIsVersion2_ShouldFindTheOwnGroup()
    {
        var mount = ControlGroupMount.Parse(
            @"25 24 0:22 / /sys/fs/c\040group rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate",
            "0::/system.slice/claudy.service").ShouldHaveSingleItem();

        mount.IsUnified.ShouldBeTrue();
        mount.FolderOf(mount.OwnGroup).ShouldBe("/sys/fs/c group/system.slice/claudy.service");
    }

    [Theory]
    [InlineData("/docker/1", "/docker/1", "/cg")]
    [InlineData("/docker/1", "/docker/1/in", "/cg/in")]
    [InlineData("/docker/1", "/docker/12", null)]
    [InlineData("/docker/1", "/", null)]
    [InlineData("/", "/../other", null)]
    public void FolderOf_WhenTheMountShowsAPartOnly_ShouldBeWithinIt(string root, string group, string? folder) =>
        new ControlGroupMount(true, Controllers.None, "/cg", root, group).FolderOf(group).ShouldBe(folder);

    [Theory]
    [InlineData("", "")]
    [InlineData("nonsense", "0::/")]
    [InlineData("25 24 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "")]
    [InlineData("25 24 0:22 / /sys/fs/cgroup rw - cgroup cgroup rw,name=x", "1:name=x:/")]
    public void Parse_WhenThereIsNothingOfUse_ShouldFindNoController(string mountInfo, string ownGroups) =>
        ControlGroupMount.Parse(mountInfo, ownGroups).ShouldAllBe(mount => mount.Controllers == Controllers.None && !mount.IsUnified);
}
