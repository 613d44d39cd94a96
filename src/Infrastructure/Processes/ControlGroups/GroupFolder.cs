using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>One process's group in one hierarchy.</summary>
internal abstract class GroupFolder(string path, Controllers controllers) : IDisposable
{
    protected const int CpuPeriod = 100_000;

    public string Path => path;

    /// <summary>What takes the id of a process that is to be in the group; 0 for the one that writes.</summary>
    public string Entry => File(GroupTree.ProcessesFile);

    /// <summary>Sets the limits; those that this hierarchy does not control are passed over.</summary>
    public void Limit(ResourceBounds bounds)
    {
        if (Controls(Controllers.Memory) && bounds.MaxMemoryBytes is { } bytes)
        {
            LimitMemory(bytes);
        }

        if (Controls(Controllers.Cpu) && bounds.MaxCpuCores is { } cores)
        {
            LimitCpu((long)(cores * CpuPeriod));
        }

        if (Controls(Controllers.Processes) && bounds.MaxProcesses is { } processes)
        {
            Write("pids.max", $"{processes}");
        }
    }

    /// <summary>Which limit was exceeded since the group was made; null for none.</summary>
    public abstract LimitedResource? Exceeded();

    public abstract void Dispose();

    protected abstract void LimitMemory(long bytes);

    protected abstract void LimitCpu(long quota);

    protected bool Controls(Controllers controller) => controllers.HasFlag(controller);

    protected string File(string name) => System.IO.Path.Combine(path, name);

    protected void Write(string name, string value) => System.IO.File.WriteAllText(File(name), value);
}

/// <summary>A group of version 2.</summary>
internal sealed class GroupFolderV2(string path, Controllers controllers) : GroupFolder(path, controllers)
{
    private readonly CounterFile _memory = new(System.IO.Path.Combine(path, "memory.events"));
    private readonly CounterFile _processes = new(System.IO.Path.Combine(path, "pids.events"));

    // A kill without "oom" came from a limit further up, such as that of a container: it is not this group's fault.
    public override LimitedResource? Exceeded()
    {
        if (_memory.Read("oom_kill "u8) > 0 && _memory.Read("oom "u8) > 0)
        {
            return LimitedResource.Memory;
        }

        return _processes.Read("max "u8) > 0 ? LimitedResource.Processes : null;
    }

    public override void Dispose()
    {
        _memory.Dispose();
        _processes.Dispose();
    }

    protected override void LimitMemory(long bytes)
    {
        Write("memory.max", $"{bytes}");

        // All or none: a session of which the kernel took one process would go on in an unknown state.
        Write("memory.oom.group", "1");
        if (System.IO.File.Exists(File("memory.swap.max")))
        {
            Write("memory.swap.max", "0");
        }
    }

    protected override void LimitCpu(long quota) => Write("cpu.max", $"{quota} {CpuPeriod}");
}

/// <summary>A group of version 1.</summary>
internal sealed class GroupFolderV1(string path, Controllers controllers) : GroupFolder(path, controllers)
{
    // The kernel charges in batches, so that the last bytes before the limit are never used.
    private const int LastParts = 16;

    private readonly CounterFile _kills = new(System.IO.Path.Combine(path, "memory.oom_control"));
    private readonly CounterFile _most = new(System.IO.Path.Combine(path, "memory.max_usage_in_bytes"));
    private readonly CounterFile _mostWithSwap = new(System.IO.Path.Combine(path, "memory.memsw.max_usage_in_bytes"));
    private readonly CounterFile _processes = new(System.IO.Path.Combine(path, "pids.events"));

    private long _limit = long.MaxValue;

    // Kills are counted whatever limit they came from: one further up, such as that of a container, is not this group's
    // fault. Refusals by this group's own limit are no longer counted by the kernel; how much it used at most is.
    public override LimitedResource? Exceeded()
    {
        if (_kills.Read("oom_kill "u8) > 0 && Math.Max(_most.Read([]), _mostWithSwap.Read([])) > _limit - (_limit / LastParts))
        {
            return LimitedResource.Memory;
        }

        return _processes.Read("max "u8) > 0 ? LimitedResource.Processes : null;
    }

    public override void Dispose()
    {
        _kills.Dispose();
        _most.Dispose();
        _mostWithSwap.Dispose();
        _processes.Dispose();
    }

    protected override void LimitMemory(long bytes)
    {
        _limit = bytes;
        Write("memory.limit_in_bytes", $"{bytes}");

        // Memory and swap together; only where the kernel counts swap.
        if (System.IO.File.Exists(File("memory.memsw.limit_in_bytes")))
        {
            Write("memory.memsw.limit_in_bytes", $"{bytes}");
        }
    }

    protected override void LimitCpu(long quota)
    {
        Write("cpu.cfs_period_us", $"{CpuPeriod}");
        Write("cpu.cfs_quota_us", $"{quota}");
    }
}
