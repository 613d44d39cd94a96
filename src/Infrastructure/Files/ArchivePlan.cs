using System.IO.Compression;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>What an archive would become: each entry's place in the workspace, looked at before anything is unpacked.</summary>
internal sealed class ArchivePlan
{
    /// <summary>The most entries.</summary>
    public const int MaxEntries = 20_000;

    /// <summary>The most bytes that the list of entries may take.</summary>
    public const long MaxDirectoryBytes = 8L << 20;

    private const int TypeMask = 0xF000;
    private const int TypeDirectory = 0x4000;
    private const int TypeRegular = 0x8000;
    private const int OwnerMayRun = 0b001_000_000;

    private readonly HashSet<string> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    private ArchivePlan()
    {
    }

    public List<(ZipArchiveEntry Entry, WorkspacePath Path, uint Mode)> Files { get; } = [];

    public List<WorkspacePath> Folders { get; } = [];

    /// <returns>The plan, or <c>FILE_015</c> with the first rule that is broken.</returns>
    public static Result<ArchivePlan> Of(ZipArchive archive, WorkspacePath? into)
    {
        if (archive.Entries.Count > MaxEntries)
        {
            return TooManyEntries();
        }

        var plan = new ArchivePlan();
        foreach (var entry in archive.Entries)
        {
            if (plan.Add(entry, into) is { } refused)
            {
                return refused;
            }
        }

        return plan;
    }

    public static Error TooManyEntries() => TransferErrors.ArchiveRefused("too_many_entries", $"has more than {MaxEntries} entries");

    private Error? Add(ZipArchiveEntry entry, WorkspacePath? into)
    {
        var isFolder = entry.FullName.EndsWith('/');
        var name = WorkspacePath.Parse(isFolder ? entry.FullName[..^1] : entry.FullName);
        var path = name.IsSuccess && into is not null ? WorkspacePath.Parse($"{into.Value}/{name.Value.Value}") : name;
        if (!path.IsSuccess)
        {
            return Refused("bad_name", $"has a name that cannot be used: {path.Error.Message}", entry);
        }

        var mode = entry.ExternalAttributes >>> 16;
        if ((mode & TypeMask) is not (0 or TypeDirectory or TypeRegular))
        {
            return Refused("link", "has a link or a device", entry);
        }

        if (entry.IsEncrypted)
        {
            return Refused("encrypted", "is encrypted", entry);
        }

        if (isFolder)
        {
            Folders.Add(path.Value);
            return entry.Length == 0 && AddFolder(path.Value.Value) ? null : Duplicate(entry);
        }

        Files.Add((entry, path.Value, StagedFile.NewFileMode | (uint)(mode & OwnerMayRun)));
        var parent = path.Value.Value.LastIndexOf('/');
        return _files.Add(path.Value.Value) && !_folders.Contains(path.Value.Value) && (parent < 0 || AddFolder(path.Value.Value[..parent])) ? null : Duplicate(entry);
    }

    /// <returns>Whether neither it nor a folder on the way is a file of the archive.</returns>
    private bool AddFolder(string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (_files.Contains(path[..end]))
            {
                return false;
            }

            if (!_folders.Add(path[..end]))
            {
                return true;
            }
        }

        return true;
    }

    private static Error Duplicate(ZipArchiveEntry entry) => Refused("duplicate_name", "has a name twice, or a file and a folder of one name", entry);

    private static Error Refused(string rule, string why, ZipArchiveEntry entry) => TransferErrors.ArchiveRefused(rule, why, entry.FullName);
}
