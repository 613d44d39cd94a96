using System.ComponentModel;
using System.Diagnostics;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Support;

/// <summary>A small file system in memory, mounted for one test: what it cannot hold is refused by the kernel itself.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-disk-");
    private readonly int _bytes;

    private SmallDisk(int bytes) => _bytes = bytes;

    public string Path => _folder.FullName;

    private string Filling => System.IO.Path.Combine(Path, "filling");

    /// <summary>Mounts one; skips the test where this machine lets nobody, with the reason.</summary>
    /// <param name="bytes">What it holds.</param>
    /// <param name="names">How many files and folders it holds.</param>
    public static SmallDisk Mount(int bytes = 512 * 1024, int names = 1000)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can mount a file system.");
        Tools.Require("mount");
        var disk = new SmallDisk(bytes);
        var (exitCode, output) = Run("mount", "-t", "tmpfs", "-o", $"size={bytes},nr_inodes={names},mode=0700", "claudy-test", disk.Path);
        if (exitCode != 0)
        {
            disk._folder.Delete();
            throw new SkipException($"No file system can be mounted here: {output}");
        }

        return disk;
    }

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", Path).ExitCode.ShouldBe(0);

    public void MakeWritable() => Run("mount", "-o", "remount,rw", Path).ExitCode.ShouldBe(0);

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filling, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            for (var written = 0; written <= _bytes; written += page.Length)
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
