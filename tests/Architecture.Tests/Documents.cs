namespace Claudy.Architecture.Tests;

/// <summary>The pages in docs.</summary>
internal static class Documents
{
    public static IEnumerable<string> Lines(string page)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Claudy.sln")))
        {
            folder = folder.Parent;
        }

        return File.ReadLines(Path.Combine(folder.FullName, "docs", page));
    }
}
