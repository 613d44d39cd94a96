using System.Globalization;

namespace Claudy.Infrastructure.Audit;

/// <summary>The files of the audit log: each is named by the number of its first record, so that names sort as records do.</summary>
internal static class AuditFolder
{
    public const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerOnlyFolder = OwnerOnlyFile | UnixFileMode.UserExecute;

    private const string Extension = ".jsonl";

    /// <summary>The path of the file that begins with a record.</summary>
    public static string FileOf(string folder, long firstSeq) =>
        Path.Combine(folder, firstSeq.ToString("D12", CultureInfo.InvariantCulture) + Extension);

    /// <summary>All files in order.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*" + Extension).Where(IsOne).Order(StringComparer.Ordinal)];

    private static bool IsOne(string path) =>
        Path.GetFileNameWithoutExtension(path) is { Length: 12 } name && name.All(char.IsAsciiDigit);
}
