namespace Claudy.Infrastructure.Files;

/// <summary>The check sum of zip archives, which the framework reads and does not compare.</summary>
internal struct Crc32()
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    private uint _value = uint.MaxValue;

    public readonly uint Value => ~_value;

    public void Append(ReadOnlySpan<byte> content)
    {
        var value = _value;
        foreach (var one in content)
        {
            value = Table[(byte)(value ^ one)] ^ (value >> 8);
        }

        _value = value;
    }

    private static uint Entry(int index)
    {
        var value = (uint)index;
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : Polynomial ^ (value >> 1);
        }

        return value;
    }
}
