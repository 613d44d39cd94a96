using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>What the sandbox's command line depends on: this machine and the operator's settings.</summary>
internal sealed record BubblewrapHost
{
    private static readonly string[] PossibleFolders = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

    public required string Bubblewrap { get; init; }

    public required Version Version { get; init; }

    public required string Prlimit { get; init; }

    /// <summary>Joins the network's socket and a port inside; null when it is not installed where sandboxes see it.</summary>
    public required string? Socat { get; init; }

    /// <summary>The system's folders beside <c>/usr</c>, such as <c>/bin</c>, and what they link to; null where one is a folder itself.</summary>
    public required IReadOnlyDictionary<string, string?> SystemFolders { get; init; }

    /// <summary>Holds the files of <see cref="SandboxEtc"/>.</summary>
    public required string EtcPath { get; init; }

    /// <summary>The file of <see cref="SystemCallFilter"/>; null when there is none for this kind of processor.</summary>
    public required string? FilterPath { get; init; }

    public required IReadOnlyList<string> ReadOnlyPaths { get; init; }

    /// <summary>What no session may see, whatever is shown.</summary>
    public required PrivatePaths PrivatePaths { get; init; }

    public required long MaxTemporaryBytes { get; init; }

    public required ResourceLimits Limits { get; init; }

    public SessionBounds Bounds { get; init; } = SessionBounds.None;

    /// <summary>The program socat, where sandboxes have it too.</summary>
    public static string? FindSocat(IReadOnlyDictionary<string, string?> systemFolders) => Executable.All("socat")
        .FirstOrDefault(path => systemFolders.Keys.Prepend("/usr").Any(folder => path.StartsWith($"{folder}/", StringComparison.Ordinal)));

    public static SortedDictionary<string, string?> FindSystemFolders() => new(
        PossibleFolders
            .Where(Directory.Exists)
            .ToDictionary(folder => folder, folder => new DirectoryInfo(folder).LinkTarget, StringComparer.Ordinal),
        StringComparer.Ordinal);
}
