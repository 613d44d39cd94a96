using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>What all processes of one session may use together; null for what is not limited.</summary>
internal sealed record SessionBounds(long? MaxMemoryBytes, double? MaxCpuCores, long? MaxProcesses, long? MaxDiskBytes)
{
    public static SessionBounds None { get; } = new(null, null, null, null);

    public static SessionBounds Of(SandboxOptions options) =>
        new(options.MaxMemoryBytes, options.MaxCpuCores, options.MaxProcesses, options.MaxDiskBytes);

    /// <summary>The same for a session's own folders.</summary>
    public ResourceBounds For(SandboxPolicy policy) => new()
    {
        Name = policy.SessionId.ToString(),
        MaxMemoryBytes = MaxMemoryBytes,
        MaxCpuCores = MaxCpuCores,
        MaxProcesses = MaxProcesses,
        MaxDiskBytes = MaxDiskBytes,
        Folders = [policy.WorkspacePath, policy.HomePath],
    };
}
