namespace Claudy.Infrastructure.Processes;

/// <summary>Programs that are installed on this machine.</summary>
internal static class Executable
{
    // A service's PATH may lack the administrator's folders.
    private static readonly string[] UsualFolders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>The absolute path of a program on PATH or in the usual folders; null when it is not installed.</summary>
    public static string? Find(string name) => All(name).FirstOrDefault();

    /// <summary>The absolute paths of all programs of that name, the first to be found first.</summary>
    public static IEnumerable<string> All(string name)
    {
        var onPath = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return onPath.Where(Path.IsPathFullyQualified).Concat(UsualFolders)
            .Select(folder => Path.Combine(folder, name))
            .Where(File.Exists);
    }
}
