namespace Claudy.Infrastructure.Processes;

/// <summary>What a process and all that it starts may use together; null for what is not limited.</summary>
internal sealed record ResourceBounds
{
    /// <summary>Names the group, such as the session's id: letters, digits and dashes.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of memory, of what file systems in memory hold and of swap. More ends the process.</summary>
    public long? MaxMemoryBytes { get; init; }

    /// <summary>How many cores' worth of time; more is not given.</summary>
    public double? MaxCpuCores { get; init; }

    /// <summary>Processes and threads at one time. More ends the process.</summary>
    public long? MaxProcesses { get; init; }

    /// <summary>Bytes that <see cref="Folders"/> may take up on the disk together. More ends the process, within seconds.</summary>
    public long? MaxDiskBytes { get; init; }

    /// <summary>The folders of this machine that the process can write.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];
}
