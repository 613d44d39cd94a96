using System.Text;

namespace Claudy.Infrastructure.Files;

/// <summary>One name in a folder, as the system calls take it: bytes that need not be text, and a zero.</summary>
internal readonly struct EntryName
{
    private readonly byte[] _terminated;

    private EntryName(byte[] terminated) => _terminated = terminated;

    public ReadOnlySpan<byte> Terminated => _terminated;

    /// <summary>The name as text; bytes that are not UTF-8 become U+FFFD, which no workspace path may have.</summary>
    public string Text => Encoding.UTF8.GetString(_terminated.AsSpan(..^1));

    public static EntryName From(string name)
    {
        var terminated = new byte[Encoding.UTF8.GetByteCount(name) + 1];
        Encoding.UTF8.GetBytes(name, terminated);
        return new EntryName(terminated);
    }

    /// <param name="name">The name alone.</param>
    public static EntryName FromBytes(ReadOnlySpan<byte> name) => new([.. name, 0]);

    /// <param name="record">The name, a zero, and whatever follows it.</param>
    public static EntryName From(ReadOnlySpan<byte> record) => new([.. record[..(record.IndexOf((byte)0) + 1)]]);
}
