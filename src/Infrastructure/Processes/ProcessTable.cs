using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Claudy.Infrastructure.Processes;

/// <summary>The kernel's list of processes, from <c>/proc</c>; see proc(5).</summary>
internal static class ProcessTable
{
    private const string Root = "/proc";

    /// <summary>The ids of all processes; none where there is no <c>/proc</c>.</summary>
    public static IEnumerable<int> Ids() => Directory.Exists(Root)
        ? Directory.EnumerateDirectories(Root)
            .Select(folder => int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
        : [];

    public static bool TryGet(int id, out ProcessEntry entry)
    {
        Span<byte> buffer = stackalloc byte[1024];
        if (TryOpen(id, "stat", out var stat))
        {
            using (stat)
            {
                return ProcessEntry.TryParse(id, buffer[..Read(stat, buffer, 0)], out entry);
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Whether the environment that the process was started with holds these bytes; false as well when it may not be read.</summary>
    public static bool EnvironmentHas(int id, ReadOnlySpan<byte> bytes)
    {
        if (!TryOpen(id, "environ", out var environ))
        {
            return false;
        }

        using (environ)
        {
            Span<byte> buffer = stackalloc byte[8192];
            var kept = 0;
            var offset = 0L;
            while (Read(environ, buffer[kept..], offset) is > 0 and var read)
            {
                if (buffer[..(kept + read)].IndexOf(bytes) >= 0)
                {
                    return true;
                }

                // What is looked for may lie across two reads.
                offset += read;
                var keep = Math.Min(bytes.Length - 1, kept + read);
                buffer.Slice(kept + read - keep, keep).CopyTo(buffer);
                kept = keep;
            }

            return false;
        }
    }

    private static bool TryOpen(int id, string file, [NotNullWhen(true)] out Microsoft.Win32.SafeHandles.SafeFileHandle? handle)
    {
        try
        {
            handle = File.OpenHandle($"{Root}/{id}/{file}");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone, or another user's: no process of ours.
            handle = null;
            return false;
        }
    }

    private static int Read(Microsoft.Win32.SafeHandles.SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        try
        {
            return RandomAccess.Read(handle, buffer, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
