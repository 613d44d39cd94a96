using System.Runtime.InteropServices;
using System.Text;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Sandbox;

/// <summary>The server's own files and folders, of which a session sees its part and no more.</summary>
internal sealed partial class PrivatePaths(IReadOnlyList<string> paths)
{
    private const int MaxPathBytes = 4096;

    /// <summary>Why this machine's <paramref name="shown"/> paths must not be shown to sessions; null when they may.</summary>
    public Error? Refuse(IEnumerable<string> shown)
    {
        var secret = paths.Select(path => (Named: path, Real: Real(path))).ToList();
        foreach (var path in shown)
        {
            var real = Real(path);
            foreach (var (named, realSecret) in secret)
            {
                if (Contains(real, realSecret) || Contains(realSecret, real))
                {
                    return ProcessErrors.NotStarted(
                        $"Sessions would see {path}, and {named} is the server's own: keep the server's files elsewhere, or do not show {path}.") with
                    { Retryable = false };
                }
            }
        }

        return null;
    }

    private static bool Contains(string folder, string path) =>
        folder == path || path.StartsWith(folder.EndsWith('/') ? folder : $"{folder}/", StringComparison.Ordinal);

    /// <summary>The path without links, as far as it exists.</summary>
    private static string Real(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Span<byte> resolved = stackalloc byte[MaxPathBytes];
        if (RealPath(full, resolved) != 0)
        {
            return Encoding.UTF8.GetString(resolved[..resolved.IndexOf((byte)0)]);
        }

        return Path.GetDirectoryName(full) is { } parent ? Path.Combine(Real(parent), Path.GetFileName(full)) : full;
    }

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint RealPath(string path, Span<byte> resolved);
}
