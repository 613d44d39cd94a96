using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>
/// The groups that servers with this data folder made, by their names: a mark of the data folder, and the id and start
/// time of the server. What a server that was killed left behind is known by that, and nothing else is touched.
/// </summary>
internal sealed class AbandonedGroups
{
    private const string Prefix = "claudy";
    private const string RecordName = "control-groups";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _mark;
    private readonly string? _record;

    /// <param name="data">The data folder; null for a server without one, whose groups no later one can know.</param>
    public AbandonedGroups(string? data)
    {
        _record = data is null ? null : Path.Combine(data, RecordName);
        _mark = data is null
            ? Guid.NewGuid().ToString("N")[..8]
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(data))))[..8];
        ServerGroup = $"{Prefix}-{_mark}-{Environment.ProcessId}-{StartTimeOf(Environment.ProcessId)}";
    }

    /// <summary>The name of the group that all groups of this server are in.</summary>
    public string ServerGroup { get; }

    /// <summary>Removes what servers that are gone left in these folders and in those where they made groups before.</summary>
    /// <returns>Groups that were removed.</returns>
    public int Sweep(IEnumerable<string> folders) =>
        folders.Union(Recorded(), StringComparer.Ordinal).Where(Directory.Exists).Sum(folder => Directory
            .GetDirectories(folder, $"{Prefix}-{_mark}-*", new EnumerationOptions { IgnoreInaccessible = true })
            .Where(group => !HasOwner(Path.GetFileName(group)))
            .Count(Remove));

    /// <summary>Notes where this server makes groups: the next one may be started somewhere else.</summary>
    public void Record(IEnumerable<string> folders)
    {
        if (Directory.Exists(Path.GetDirectoryName(_record)) && folders.Except(Recorded(), StringComparer.Ordinal).ToList() is [_, ..] fresh)
        {
            File.WriteAllLines(_record!, Recorded().Where(Directory.Exists).Concat(fresh).ToList());
        }
    }

    /// <summary>Kills what is in a group and removes it, as long as that takes, up to some seconds.</summary>
    /// <returns>Whether nothing is left.</returns>
    public static bool Remove(string group) => SpinWait.SpinUntil(() => GroupTree.TryRemove(group), Patience);

    private string[] Recorded() => File.Exists(_record) ? File.ReadAllLines(_record) : [];

    // The kernel gives ids again, but not with the same start.
    private static bool HasOwner(string group) =>
        group.Split('-') is not [_, _, var id, var start]
        || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
        || $"{StartTimeOf(processId)}" == start;

    private static ulong StartTimeOf(int processId) =>
        ProcessTable.TryGet(processId, out var entry) && !entry.IsGone ? entry.StartTime : 0;
}
