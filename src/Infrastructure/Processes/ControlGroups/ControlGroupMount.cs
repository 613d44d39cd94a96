using System.Globalization;
using System.Text.RegularExpressions;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>A hierarchy of control groups where this process finds it; see cgroups(7) and proc_pid_mountinfo(5).</summary>
/// <param name="IsUnified">Whether it is that of version 2, which has all controllers that no version 1 hierarchy has.</param>
/// <param name="Controllers">What a version 1 hierarchy controls; of version 2 its groups tell.</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Root">The group that is seen at the mount point; not the first one in a container.</param>
/// <param name="OwnGroup">This process's group in it.</param>
internal sealed partial record ControlGroupMount(bool IsUnified, Controllers Controllers, string MountPoint, string Root, string OwnGroup)
{
    /// <summary>The folder of a group; null when the mount does not show it.</summary>
    public string? FolderOf(string group)
    {
        if (group.Split('/').Contains(".."))
        {
            return null;
        }

        var root = Root.TrimEnd('/');
        var isShown = group == root || group.StartsWith($"{root}/", StringComparison.Ordinal);
        return isShown ? MountPoint + group[root.Length..].TrimEnd('/') : null;
    }

    /// <summary>All that this process finds.</summary>
    /// <param name="mountInfo">What <c>/proc/self/mountinfo</c> says.</param>
    /// <param name="ownGroups">What <c>/proc/self/cgroup</c> says.</param>
    public static IReadOnlyList<ControlGroupMount> Parse(string mountInfo, string ownGroups)
    {
        var own = ownGroups.Split('\n').Select(line => line.Split(':', 3)).Where(fields => fields.Length == 3).ToList();
        List<ControlGroupMount> mounts = [];
        foreach (var fields in mountInfo.Split('\n').Select(line => line.Split(' ')))
        {
            var separator = Array.IndexOf(fields, "-");
            if (separator < 6 || fields.Length < separator + 4 || fields[separator + 1] is not ("cgroup" or "cgroup2"))
            {
                continue;
            }

            var isUnified = fields[separator + 1] == "cgroup2";
            var controllers = isUnified ? Controllers.None : ControllerNames.FromKernel(fields[separator + 3].Split(','));
            var group = own.Find(line => isUnified ? line[1].Length == 0 : (ControllerNames.FromKernel(line[1].Split(',')) & controllers) != Controllers.None);
            if (group is not null)
            {
                mounts.Add(new ControlGroupMount(isUnified, controllers, Unescape(fields[4]), Unescape(fields[3]), group[2]));
            }
        }

        return mounts;
    }

    private static string Unescape(string path) =>
        Escape().Replace(path, match => ((char)Convert.ToInt32(match.Value[1..], 8)).ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\\[0-7]{3}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Escape();
}
