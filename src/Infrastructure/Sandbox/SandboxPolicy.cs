using Claudy.Domain.Sessions;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>What one session's processes may see and use. All paths are absolute and on this machine.</summary>
internal sealed record SandboxPolicy
{
    public required SessionId SessionId { get; init; }

    /// <summary>Bound read-write.</summary>
    public required string WorkspacePath { get; init; }

    /// <summary>Bound read-write.</summary>
    public required string HomePath { get; init; }

    /// <summary>Holds the session's sockets; bound read-only, which is enough to connect to them.</summary>
    public required string RuntimePath { get; init; }

    /// <summary>The session's socket to the network, in <see cref="RuntimePath"/>; null for no network.</summary>
    public string? EgressSocketPath { get; init; }

    /// <summary>Files and folders that are shown read-only, such as the agent's binary.</summary>
    public IReadOnlyList<ReadOnlyMount> ReadOnlyMounts { get; init; } = [];
}

/// <summary>A file or folder of this machine and where a sandbox shows it.</summary>
internal sealed record ReadOnlyMount(string HostPath, string InsidePath);
