namespace Claudy.Infrastructure.Sandbox;

/// <summary>Paths as the processes in a sandbox see them; those of this machine where there is no sandbox.</summary>
internal sealed record SandboxView
{
    public required string Workspace { get; init; }

    public required string Home { get; init; }

    public required string Runtime { get; init; }

    public required string Temporary { get; init; }

    /// <summary>The address of the HTTP proxy that leads to the network; null when none does.</summary>
    public string? Proxy { get; init; }

    /// <summary>The files and folders of this machine that can be seen, and where.</summary>
    public required IReadOnlyList<ReadOnlyMount> Mounts { get; init; }

    /// <summary>Where a file of this machine is found inside.</summary>
    /// <exception cref="ArgumentException">The sandbox does not show it.</exception>
    public string PathOf(string hostPath) =>
        Find(hostPath) ?? throw new ArgumentException($"The sandbox does not show {hostPath}.", nameof(hostPath));

    /// <summary>The same; null when the sandbox does not show it.</summary>
    public string? Find(string hostPath) => Mounts
        .Select(mount => (mount.InsidePath, Relative: Path.GetRelativePath(mount.HostPath, hostPath)))
        .Where(candidate => !candidate.Relative.StartsWith("..", StringComparison.Ordinal))
        .OrderBy(candidate => candidate.Relative.Length)
        .Select(candidate => candidate.Relative == "." ? candidate.InsidePath : Path.Combine(candidate.InsidePath, candidate.Relative))
        .FirstOrDefault();
}
