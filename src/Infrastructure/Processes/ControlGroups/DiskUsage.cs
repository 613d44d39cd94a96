using System.Diagnostics;
using System.Globalization;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>What folders take up on the disk: blocks, not lengths, so that a file with holes counts for what it holds.</summary>
internal static class DiskUsage
{
    private const int Block = 1024;

    /// <summary>Bytes of all that is in the folders, and of what the processes have open there without a name.</summary>
    /// <exception cref="IOException">It cannot be measured.</exception>
    public static async Task<long> MeasureAsync(IReadOnlyList<string> folders, IReadOnlyList<int> processes, CancellationToken cancellationToken) =>
        await MeasureAsync(folders, cancellationToken) + OfNameless(processes, folders, cancellationToken);

    /// <summary>Bytes of all that is in the folders; a file with several names counts once.</summary>
    /// <remarks>
    /// By <c>du</c>, which walks whatever a hostile process makes: names that are no text, links that change while it
    /// looks, folders nested deeper than there are handles.
    /// </remarks>
    /// <exception cref="IOException">It cannot be measured.</exception>
    public static async Task<long> MeasureAsync(IReadOnlyList<string> folders, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Executable.Find("du") ?? throw new IOException("du (coreutils) is not installed."), ["-sxk", "--", .. folders])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        using var du = Process.Start(start) ?? throw new IOException("du cannot be started.");
        try
        {
            du.StandardInput.Close();

            // What vanishes while it looks is a complaint on stderr and no failure.
            var complaints = du.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
            var output = await du.StandardOutput.ReadToEndAsync(cancellationToken);
            await complaints;
            await du.WaitForExitAsync(cancellationToken);
            return Sum(output);
        }
        catch (OperationCanceledException)
        {
            du.Kill();
            throw;
        }
    }

    /// <summary>Bytes of files that processes hold open and that have no name any more, on the disks that the folders are on.</summary>
    public static long OfNameless(IEnumerable<int> processes, IEnumerable<string> folders, CancellationToken cancellationToken)
    {
        var disks = folders.Select(folder => Posix.Status(folder, out var status) == 0 ? status.Device : default).ToHashSet();
        HashSet<ulong> seen = [];
        return processes.SelectMany(OpenFiles).Sum(path =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Posix.Status(path, out var file) == 0 && file is { IsRegular: true, Names: 0 } && disks.Contains(file.Device) && seen.Add(file.Inode) ? file.Bytes : 0;
        });
    }

    private static long Sum(string output) => output
        .Split('\n')
        .Sum(line => long.TryParse(line.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var blocks) ? blocks * Block : 0);

    private static string[] OpenFiles(int process)
    {
        try
        {
            return Directory.GetFileSystemEntries($"/proc/{process}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // It is gone.
        }
    }
}
