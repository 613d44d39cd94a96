using System.Collections.Concurrent;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>
/// How often processes of one name (of one session) began with far too much on the disk, and were ended since they added to it:
/// after some such tries the next is not let grow at all.
/// </summary>
internal sealed class DiskTries
{
    /// <summary>So many times.</summary>
    public const int Most = 3;

    private readonly ConcurrentDictionary<string, int> _used = new(StringComparer.Ordinal);

    public bool AreUsedUp(string name) => _used.GetValueOrDefault(name) >= Most;

    public void Use(string name) => _used.AddOrUpdate(name, 1, (_, used) => used + 1);

    public void GiveBack(string name) => _used.TryRemove(name, out _);
}
