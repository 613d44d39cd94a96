namespace Claudy.Domain.Sessions;

/// <summary>A limit on what a session's processes use together, which they exceeded.</summary>
/// <param name="Resource">What they used too much of.</param>
/// <param name="Value">The limit: bytes of memory or disk, or a number of processes and threads.</param>
public sealed record ExceededLimit(LimitedResource Resource, long Value)
{
    /// <summary>Why the session hibernates: <c>memory_limit</c>, <c>process_limit</c>, <c>disk_limit</c>.</summary>
    public string StatusReason => Resource switch
    {
        LimitedResource.Memory => "memory_limit",
        LimitedResource.Processes => "process_limit",
        _ => "disk_limit",
    };
}

/// <summary>What a session can use too much of. CPU is not among them: it is rationed, and nothing ends for it.</summary>
public enum LimitedResource
{
    /// <summary>Memory, what <c>/tmp</c> and <c>/dev/shm</c> hold included.</summary>
    Memory,

    /// <summary>Processes and threads at one time.</summary>
    Processes,

    /// <summary>What the workspace and Claude Code's home take up on the disk.</summary>
    Disk,
}
