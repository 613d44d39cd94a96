using System.Runtime.InteropServices;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Finds the CLI's native binary.</summary>
internal static class ClaudeBinary
{
    private const string PinnedFolder = "eng/claude-code/node_modules/@anthropic-ai";

    internal const string HowToGetIt = "Run eng/setup, or set CLAUDE_CODE_PATH to the claude binary.";

    /// <summary>The binary's real path, links resolved; null when there is none.</summary>
    /// <param name="configured">Where the operator says it is; nothing else is tried then.</param>
    /// <param name="start">The folder from which to walk up to the pinned one.</param>
    /// <param name="searchPath">The PATH to search last.</param>
    internal static string? Find(string? configured, string start, string? searchPath)
    {
        if (configured is { Length: > 0 })
            return Resolve(configured);

        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (Resolve(Path.Combine(folder.FullName, PinnedFolder, PackageName, "claude")) is { } pinned)
                return pinned;
        }

        return (searchPath ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Resolve(Path.Combine(folder, "claude")))
            .FirstOrDefault(path => path is not null);
    }

    private static string PackageName =>
        $"claude-code-{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}"
        + (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "-musl" : "");

    private static string? Resolve(string path)
    {
        var file = new FileInfo(Path.GetFullPath(path));
        return file.Exists ? file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName : null;
    }
}
