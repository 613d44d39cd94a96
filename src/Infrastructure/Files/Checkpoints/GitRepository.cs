using System.Diagnostics;
using System.Text;

namespace Claudy.Infrastructure.Files.Checkpoints;

/// <summary>
/// A bare repository of the server's own, worked on by the system's git. Git is never shown a workspace: no file in one can configure it,
/// name a filter or a hook, or be a link that it follows.
/// </summary>
internal sealed class GitRepository(string git, string folder)
{
    private const string HalfRef = "claudy-ref";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private static readonly string[] UsualFolders = ["/usr/local/bin", "/usr/bin", "/bin"];

    // What a user or an administrator set up for git does not hold here; names are taken as they are.
    private static readonly string[] Settings =
    [
        "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null", "-c", "core.protectNTFS=false", "-c", "core.protectHFS=false",
        "-c", "core.compression=1", "-c", "gc.auto=0", "-c", "pack.threads=1",
    ];

    public string Folder { get; } = folder;

    /// <summary>The absolute path of git; null when it is not installed.</summary>
    public static string? FindGit() =>
        (Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [])
            .Where(Path.IsPathFullyQualified)
            .Concat(UsualFolders)
            .Select(path => Path.Combine(path, "git"))
            .FirstOrDefault(File.Exists);

    /// <summary>Makes the repository when there is none.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(Folder, "HEAD")))
        {
            Directory.CreateDirectory(Folder, (UnixFileMode)DirectoryHandle.FolderMode);
            await TextAsync(["init", "--bare", "--quiet", "--template=", "."], cancellationToken);
        }
    }

    /// <summary>Gives a commit a name, as git itself keeps a new one: in a file of its own. That takes no process.</summary>
    public async Task WriteRefAsync(string name, string commit, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Folder, name);
        var half = Path.Combine(Folder, HalfRef);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(half, $"{commit}\n", cancellationToken);
        File.Move(half, file, overwrite: true);
    }

    /// <summary>Runs a command and reads all that it says.</summary>
    public async Task<string> TextAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var text = "";
        await RunAsync(arguments, null, async output => text = await ReadAsync(output, cancellationToken), cancellationToken);
        return text;
    }

    /// <summary>Reads all that a command says.</summary>
    public static async Task<string> ReadAsync(Stream output, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(output, Utf8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The command and what follows it.</param>
    /// <param name="feed">Writes what it reads.</param>
    /// <param name="read">Reads what it writes, as much as is wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">It failed.</exception>
    public async Task RunAsync(IEnumerable<string> arguments, Func<Stream, Task>? feed, Func<Stream, Task> read, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(git, [.. Settings, .. arguments])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["GIT_DIR"] = Folder;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_ATTR_NOSYSTEM"] = "1";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["HOME"] = Folder;
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start) ?? throw new IOException("git cannot be started.");
        using var ended = cancellationToken.Register(() => Kill(process));
        var complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var reading = ReadAsync(process, read);
        try
        {
            await FeedAsync(process, feed);
        }
        catch (IOException)
        {
            // It ended early; its exit code says why.
        }

        var isWhole = await reading;
        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (isWhole && process.ExitCode != 0)
        {
            throw new IOException($"git {start.ArgumentList[Settings.Length]} failed: {(await complaints).Trim()}");
        }
    }

    private static async Task FeedAsync(Process process, Func<Stream, Task>? feed)
    {
        await using var input = process.StandardInput.BaseStream;
        if (feed is not null)
        {
            await feed(input);
        }
    }

    /// <returns>Whether it was let write all.</returns>
    private static async Task<bool> ReadAsync(Process process, Func<Stream, Task> read)
    {
        var output = process.StandardOutput.BaseStream;
        await read(output);
        if (await output.ReadAsync(new byte[1], CancellationToken.None) == 0)
        {
            return true;
        }

        Kill(process);
        return false;
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }
}
