using System.Text;

namespace Claudy.Integration.Tests.Support;

/// <summary>Looks for a text in all files of a folder.</summary>
internal static class FolderSearch
{
    private static readonly EnumerationOptions AllFiles = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>The files beneath a folder that hold a text. Empty ones are not opened: a lock may be held, and then cannot be.</summary>
    public static IEnumerable<string> FilesWith(string folder, string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        return Directory.EnumerateFiles(folder, "*", AllFiles)
            .Where(file => new FileInfo(file).Length > 0 && File.ReadAllBytes(file).AsSpan().IndexOf(wanted) >= 0);
    }
}
