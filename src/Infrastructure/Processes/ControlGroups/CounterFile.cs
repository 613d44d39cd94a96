using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Claudy.Infrastructure.Processes.ControlGroups;

/// <summary>A file in which the kernel counts, kept open since it is read five times a second: lines of a name and a number, or one number.</summary>
internal sealed class CounterFile(string path) : IDisposable
{
    private const int LargestFile = 4096;

    private readonly SafeFileHandle? _file = File.Exists(path) ? File.OpenHandle(path) : null;

    /// <summary>The number with that name, or the only one when the name is empty; 0 when there is none.</summary>
    public long Read(ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[LargestFile];
        var content = buffer[..Fill(buffer)];
        foreach (var range in content.Split((byte)'\n'))
        {
            var line = content[range];
            if (line.StartsWith(name) && Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out long value, out _))
            {
                return value;
            }
        }

        return 0;
    }

    public void Dispose() => _file?.Dispose();

    private int Fill(Span<byte> buffer)
    {
        try
        {
            return _file is null ? 0 : RandomAccess.Read(_file, buffer, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return 0; // The group is gone.
        }
    }
}
