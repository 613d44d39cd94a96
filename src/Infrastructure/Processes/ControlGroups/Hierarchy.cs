namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>The group of one hierarchy beneath which this server makes its groups.</summary>
/// <param name="IsUnified">Whether it is of version 2.</param>
/// <param name="Folder">The group.</param>
/// <param name="Controllers">What can be limited there.</param>
/// <param name="IsOwn">Whether it is the group that this server was started in.</param>
internal sealed record Hierarchy(bool IsUnified, string Folder, Controllers Controllers, bool IsOwn)
{
    private const string OwnLeaf = "server";
    private const string PassedOnFile = "cgroup.subtree_control";

    /// <summary>Weight of a group among its siblings that nobody changed.</summary>
    private const int UsualShares = 1024;

    /// <summary>The hierarchy of a mount; with an obstacle instead when it cannot be used, as far as can be told without changing anything.</summary>
    /// <param name="mount">Where it is.</param>
    /// <param name="parent">The group that the settings name; null for the server's own.</param>
    /// <param name="processId">This server.</param>
    public static (Hierarchy? Hierarchy, string? Obstacle) Find(ControlGroupMount mount, string? parent, int processId)
    {
        if (mount.FolderOf(parent ?? mount.OwnGroup) is not { } folder || !Directory.Exists(folder))
        {
            return (null, $"there is no control group {parent ?? mount.OwnGroup} in {mount.MountPoint}");
        }

        var hierarchy = new Hierarchy(
            mount.IsUnified,
            folder,
            mount.IsUnified ? ControllerNames.FromKernel(Words(Path.Combine(folder, "cgroup.controllers"))) : mount.Controllers,
            parent is null);
        return (hierarchy, hierarchy.Obstacle(processId));
    }

    /// <summary>Makes the group that all groups of this server are in.</summary>
    /// <returns>What can be limited in it.</returns>
    public Controllers Prepare(string serverGroup, int processId)
    {
        if (IsUnified && IsOwn && !IsFirst)
        {
            Reset();
        }

        var folder = Path.Combine(Folder, serverGroup);
        Directory.CreateDirectory(folder);
        if (IsUnified)
        {
            return PrepareUnified(folder, processId);
        }

        if (Controllers.HasFlag(Controllers.Cpu))
        {
            // All sessions together would otherwise weigh as much as one thread beside them.
            File.WriteAllText(Path.Combine(folder, "cpu.shares"), $"{UsualShares * 2 * Environment.ProcessorCount}");
        }

        return Controllers;
    }

    /// <summary>A group for one process.</summary>
    public GroupFolder Make(string serverGroup, string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, serverGroup, name)).FullName;
        return IsUnified ? new GroupFolderV2(folder, Controllers) : new GroupFolderV1(folder, Controllers);
    }

    private string? Obstacle(int processId)
    {
        if (!Posix.MayWrite(Folder) || !Posix.MayWrite(Path.Combine(Folder, GroupTree.ProcessesFile)))
        {
            return $"{Folder} may not be written by this user";
        }

        var others = IsUnified && IsOwn && !IsFirst
            ? GroupTree.ProcessesOf(Folder).Where(id => id != processId).ToList()
            : [];
        return others.Count == 0 ? null : $"other processes are in {Folder} beside this server: {string.Join(", ", others.Take(5))}";
    }

    /// <summary>The first group of version 2 has no type, and is spared the rule that a group with limits for those within holds no process itself.</summary>
    private bool IsFirst => !File.Exists(Path.Combine(Folder, "cgroup.type"));

    private Controllers PrepareUnified(string folder, int processId)
    {
        if (IsOwn && !IsFirst && GroupTree.ProcessesOf(Folder).Contains(processId))
        {
            var leaf = Directory.CreateDirectory(Path.Combine(folder, OwnLeaf)).FullName;
            File.WriteAllText(Path.Combine(leaf, GroupTree.ProcessesFile), $"{processId}");
        }

        return Enable(folder, Enable(Folder, Controllers));
    }

    /// <summary>
    /// Has the group pass nothing on, when it has none within. The kernel lets a process into a group that passes on no more
    /// than cpu and pids, as an earlier server may have left it; but then none can be in a group within.
    /// </summary>
    private void Reset()
    {
        if (Directory.GetDirectories(Folder).Length == 0 && Enabled(Folder).ToKernel().Select(controller => $"-{controller}").ToList() is [_, ..] off)
        {
            _ = TryPassOn(Folder, string.Join(' ', off));
        }
    }

    /// <summary>Has a group pass controllers on to those within.</summary>
    /// <returns>Those that it does pass on.</returns>
    private static Controllers Enable(string folder, Controllers wanted)
    {
        var missing = (wanted & ~Enabled(folder)).ToKernel().Select(controller => $"+{controller}").ToList();
        if (missing.Count > 0 && !TryPassOn(folder, string.Join(' ', missing)))
        {
            // All or none of what is written at once; each may have reasons of its own.
            missing.ForEach(controller => TryPassOn(folder, controller));
        }

        return wanted & Enabled(folder);
    }

    private static bool TryPassOn(string folder, string change)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, PassedOnFile), change);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Controllers Enabled(string folder) => ControllerNames.FromKernel(Words(Path.Combine(folder, PassedOnFile)));

    private static string[] Words(string path) =>
        File.Exists(path) ? File.ReadAllText(path).Split([' ', '\n', '+'], StringSplitOptions.RemoveEmptyEntries) : [];
}
