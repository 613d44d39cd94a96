using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// A folder in a session's home, for the server's own hand. What ran in the sandbox could write there and may have planted links
/// and devices: each name is opened in the open folder before it, no link is followed, and whole files are put in by renaming.
/// </summary>
internal sealed partial class ClaudeHome : IDisposable
{
    private const int WriteNew = 0x1 | 0x40 | 0x80;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const uint OwnersFolder = 0b111_000_000;
    private const uint OwnersFile = 0b110_000_000;
    private const int NoEntry = 2;
    private const int Exists = 17;

    // The two flags whose value differs between the architectures.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly int NoFollow = (IsArm ? 0x8000 : 0x20000) | CloseOnExec;
    private static readonly int FolderOnly = (IsArm ? 0x4000 : 0x10000) | NoFollow;

    private readonly SafeFileHandle _folder;

    private ClaudeHome(SafeFileHandle folder) => _folder = folder;

    /// <summary>Opens a folder in a home; those on the way that are not there are made.</summary>
    /// <param name="home">The home, on this machine.</param>
    /// <param name="path">Names below it.</param>
    /// <exception cref="IOException">Something that is no folder is on the way.</exception>
    internal static ClaudeHome Open(string home, params IReadOnlyList<string> path)
    {
        var folder = Own(OpenPath(Name(home), FolderOnly), home);
        foreach (var name in path)
        {
            using var above = folder;
            var opened = OpenAt(above, Name(name), FolderOnly, 0);
            if (opened < 0 && Marshal.GetLastPInvokeError() == NoEntry)
            {
                if (MakeFolderAt(above, Name(name), OwnersFolder) < 0 && Marshal.GetLastPInvokeError() is not Exists)
                    throw Failure(name);
                opened = OpenAt(above, Name(name), FolderOnly, 0);
            }

            folder = Own(opened, name);
        }

        return new ClaudeHome(folder);
    }

    /// <summary>A file's content; null when there is no such file, or a larger one.</summary>
    /// <exception cref="IOException">It is no file, or cannot be read.</exception>
    internal byte[]? Read(string name, int maxBytes)
    {
        var opened = OpenAt(_folder, Name(name), NoFollow | NonBlocking, 0);
        if (opened < 0 && Marshal.GetLastPInvokeError() == NoEntry)
            return null;

        using var file = Own(opened, name);
        using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);
        if (!stream.CanSeek)
            throw new IOException($"{name} is no regular file.");
        if (stream.Length > maxBytes)
            return null;

        var content = new byte[stream.Length];
        var filled = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return content[..filled];
    }

    /// <summary>Puts a file there, in place of whatever had its name; half of it is never seen under that name.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Write(string name, ReadOnlySpan<byte> content)
    {
        var staged = $".claudy-{RandomNumberGenerator.GetHexString(16, lowercase: true)}.tmp";
        using var file = Own(OpenAt(_folder, Name(staged), WriteNew | NoFollow, OwnersFile), staged);
        try
        {
            RandomAccess.Write(file, content, fileOffset: 0);
            if (RenameAt(_folder, Name(staged), _folder, Name(name)) < 0)
                throw Failure(name);
        }
        catch
        {
            _ = UnlinkAt(_folder, Name(staged), 0);
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();

    private static SafeFileHandle Own(int descriptor, string name) =>
        descriptor < 0 ? throw Failure(name) : new SafeFileHandle(descriptor, ownsHandle: true);

    private static IOException Failure(string name) =>
        new($"{name}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    private static byte[] Name(string name) => Encoding.UTF8.GetBytes(name + '\0');

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int OpenPath(byte[] path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int OpenAt(SafeHandle folder, byte[] name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int MakeFolderAt(SafeHandle folder, byte[] name, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int RenameAt(SafeHandle fromFolder, byte[] from, SafeHandle toFolder, byte[] to);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int UnlinkAt(SafeHandle folder, byte[] name, int flags);
}
