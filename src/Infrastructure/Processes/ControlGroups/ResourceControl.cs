using Claudy.Domain.Shared;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>Holds processes to their bounds by what control groups this machine has, of version 1, 2 or both.</summary>
internal sealed partial class ResourceControl : IDisposable
{
    private readonly ProcessOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ResourceControl> _logger;
    private readonly AbandonedGroups _groups;
    private readonly UsageWatch _watch;
    private readonly Lazy<(IReadOnlyList<Hierarchy> Hierarchies, ResourceSupport Support)> _prepared;
    private int _made;

    public ResourceControl(IOptions<ProcessOptions> options, TimeProvider time, ILogger<ResourceControl> logger)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        _groups = new AbandonedGroups(_options.DataPath);
        _watch = new UsageWatch(time, logger);
        _prepared = new(Prepared);
    }

    /// <summary>What can be limited here: as it was found out when it was prepared, else as far as can be told without changing anything.</summary>
    public ResourceSupport Support
    {
        get
        {
            if (_prepared.IsValueCreated)
            {
                return _prepared.Value.Support;
            }

            var (hierarchies, obstacles) = Find();
            return ResourceSupport.Of(hierarchies, obstacles);
        }
    }

    /// <summary>Removes what a killed server left behind, and makes the group that this server's groups will be in.</summary>
    public ResourceSupport Prepare() => _prepared.Value.Support;

    /// <summary>A group for a process that is to be started.</summary>
    /// <returns>The group, empty, or why its limits cannot be set.</returns>
    public Result<ControlGroup> Make(ResourceBounds bounds)
    {
        List<GroupFolder> folders = [];
        var name = $"{bounds.Name}.{Interlocked.Increment(ref _made)}";
        try
        {
            foreach (var hierarchy in _prepared.Value.Hierarchies)
            {
                folders.Add(hierarchy.Make(_groups.ServerGroup, name));
                folders[^1].Limit(bounds);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var folder in folders)
            {
                folder.Dispose();
                _ = GroupTree.TryRemove(folder.Path);
            }

            return ProcessErrors.NotStarted($"its limits cannot be set: {e.Message}");
        }

        return new ControlGroup(bounds, folders, _watch, _time, _logger);
    }

    /// <summary>Ends what is left and removes all groups.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        if (!_prepared.IsValueCreated)
        {
            return;
        }

        foreach (var group in _prepared.Value.Hierarchies.Select(hierarchy => Path.Combine(hierarchy.Folder, _groups.ServerGroup)))
        {
            // A server that had to go into a group itself cannot remove that one; the next one does.
            _ = GroupTree.ContainsThisProcess(group) || AbandonedGroups.Remove(group);
        }
    }

    private (IReadOnlyList<Hierarchy> Hierarchies, ResourceSupport Support) Prepared()
    {
        var (found, obstacles) = Find();
        var removed = _groups.Sweep(found.Select(hierarchy => hierarchy.Folder));
        if (removed > 0)
        {
            LogSwept(removed);
        }

        List<Hierarchy> usable = [];
        foreach (var hierarchy in found)
        {
            try
            {
                var controllers = hierarchy.Prepare(_groups.ServerGroup, Environment.ProcessId);
                if (controllers != Controllers.None)
                {
                    usable.Add(hierarchy with { Controllers = controllers });
                }

                if (controllers != hierarchy.Controllers)
                {
                    obstacles.Add($"{(hierarchy.Controllers & ~controllers).ToPlain()} cannot be passed on from {hierarchy.Folder}");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                obstacles.Add(e.Message);
            }
        }

        _groups.Record(usable.Select(hierarchy => hierarchy.Folder));
        return (usable, ResourceSupport.Of(usable, obstacles));
    }

    /// <summary>For each controller the hierarchy that has it.</summary>
    private (IReadOnlyList<Hierarchy> Hierarchies, List<string> Obstacles) Find()
    {
        List<Hierarchy> found = [];
        List<string> obstacles = [];
        var missing = Controllers.All;
        foreach (var mount in ControlGroupMount.Parse(Read(_options.MountInfoPath), Read(_options.OwnGroupsPath)))
        {
            var wanted = missing & (mount.IsUnified ? Controllers.All : mount.Controllers);
            if (wanted == Controllers.None)
            {
                continue;
            }

            var (hierarchy, obstacle) = Hierarchy.Find(mount, _options.ControlGroup, Environment.ProcessId);
            var offered = wanted & (hierarchy?.Controllers ?? Controllers.None);
            if (hierarchy is { IsUnified: true } && offered != wanted)
            {
                obstacles.Add($"{hierarchy.Folder} was not given {(wanted & ~offered).ToPlain()}");
            }

            if (obstacle is not null && (hierarchy is null || offered != Controllers.None))
            {
                obstacles.Add(obstacle);
            }
            else if (offered != Controllers.None)
            {
                found.Add(hierarchy! with { Controllers = offered });
                missing &= ~offered;
            }
        }

        return (found, obstacles);
    }

    private static string Read(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    [LoggerMessage(1262, LogLevel.Information, "Removed {Count} control groups that a server left behind")]
    private partial void LogSwept(int count);
}

/// <summary>What can be limited on this machine.</summary>
/// <param name="Controllers">Memory, CPU, processes.</param>
/// <param name="Means">Such as <c>control groups v1</c>; null when there is nothing.</param>
/// <param name="Unlimited">What cannot be limited, and why; null when all can.</param>
internal sealed record ResourceSupport(Controllers Controllers, string? Means, string? Unlimited)
{
    public static ResourceSupport Of(IReadOnlyList<Hierarchy> hierarchies, IReadOnlyList<string> obstacles)
    {
        var controllers = hierarchies.Aggregate(Controllers.None, (all, hierarchy) => all | hierarchy.Controllers);
        var versions = hierarchies.Where(hierarchy => hierarchy.Controllers != Controllers.None).Select(hierarchy => hierarchy.IsUnified ? "v2" : "v1").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var missing = Controllers.All & ~controllers;
        var why = obstacles.Count == 0 ? "no control groups for it are mounted" : string.Join("; ", obstacles.Distinct(StringComparer.Ordinal));
        return new ResourceSupport(
            controllers,
            versions.Count == 0 ? null : $"control groups {string.Join(" and ", versions)}",
            missing == Controllers.None ? null : $"{missing.ToPlain()}: {why}");
    }
}
