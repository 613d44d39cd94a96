using System.ComponentModel;
using System.Diagnostics;
using Claudy.Integration.Tests.Support;
using Xunit;

namespace Claudy.Integration.Tests.Audit;

/// <summary>A file system of a few hundred kilobytes, in memory: what it cannot hold is refused by the kernel itself.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Bytes = 512 * 1024;

    private readonly DirectoryInfo _folder;

    private SmallDisk(DirectoryInfo folder) => _folder = folder;

    public string Path => _folder.FullName;

    private string Filling => System.IO.Path.Combine(Path, "filling");

    /// <summary>Mounts one; skips the test where that is not allowed, with the reason. Root must be allowed to in CI.</summary>
    public static SmallDisk Mount()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can mount a file system.");
        Tools.Require("mount");
        var folder = Directory.CreateTempSubdirectory("claudy-disk-");
        var (exitCode, output) = Run("mount", "-t", "tmpfs", "-o", $"size={Bytes},mode=0700", "claudy-test", folder.FullName);
        if (exitCode == 0)
        {
            return new SmallDisk(folder);
        }

        folder.Delete();
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail($"No file system can be mounted here, and CI must be able to: {output}");
        }

        throw new SkipException($"No file system can be mounted here: {output}");
    }

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filling, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            for (var written = 0; written <= Bytes; written += page.Length)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // The disk is full.
            return;
        }

        throw new InvalidOperationException("The disk took more than it can hold.");
    }

    /// <summary>Makes room again.</summary>
    public void Clear() => File.Delete(Filling);

    public void Dispose()
    {
        // Fails the test where it is still mounted: a mount point cannot be removed.
        _ = Run("umount", "--lazy", Path);
        _folder.Delete();
    }

    private static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            var output = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output.Trim());
        }
        catch (Win32Exception exception)
        {
            return (-1, exception.Message);
        }
    }
}
