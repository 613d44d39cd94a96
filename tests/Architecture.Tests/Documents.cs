namespace Claudy.Architecture.Tests;

/// <summary>The pages in docs.</summary>
internal static class Documents
{
    public static IEnumerable<string> Lines(string page) => File.ReadLines(Path.Combine(Folder(), page));

    /// <summary>Every page there is, as <see cref="Lines"/> takes it.</summary>
    public static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Folder(), "*.md", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder(), file)).Order(StringComparer.Ordinal);

    public static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Claudy.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "docs");
    }
}
