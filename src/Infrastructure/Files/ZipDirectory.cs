using System.Buffers.Binary;

namespace Claudy.Infrastructure.Files;

/// <summary>Looks at an archive's end before anything reads its list of entries, which would be read into memory whole.</summary>
internal static class ZipDirectory
{
    private const int EndLength = 22;
    private const int MaxComment = ushort.MaxValue;
    private const int Counts = 8;
    private const int LengthOfDirectory = 12;
    private const int OffsetOfDirectory = 16;
    private const uint EndSignature = 0x06054b50;

    /// <summary>How many bytes the list of entries takes; null when there is no end, or one that points elsewhere.</summary>
    public static async Task<long?> LengthAsync(Stream archive, CancellationToken cancellationToken)
    {
        var tail = new byte[(int)Math.Min(archive.Length, EndLength + MaxComment)];
        archive.Position = archive.Length - tail.Length;
        await archive.ReadExactlyAsync(tail, cancellationToken);
        archive.Position = 0;
        for (var at = tail.Length - EndLength; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) == EndSignature)
            {
                var end = tail.AsSpan(at);
                var length = archive.Length - tail.Length + at - BinaryPrimitives.ReadUInt32LittleEndian(end[OffsetOfDirectory..]);
                return length >= 0 && !IsElsewhere(end) ? length : null;
            }
        }

        return null;
    }

    // Numbers that did not fit are in a record of their own (zip64), which would be believed instead. Nothing that may come is so large.
    private static bool IsElsewhere(ReadOnlySpan<byte> end) =>
        BinaryPrimitives.ReadUInt16LittleEndian(end[Counts..]) == ushort.MaxValue
        || BinaryPrimitives.ReadUInt16LittleEndian(end[(Counts + sizeof(ushort))..]) == ushort.MaxValue
        || BinaryPrimitives.ReadUInt32LittleEndian(end[LengthOfDirectory..]) == uint.MaxValue
        || BinaryPrimitives.ReadUInt32LittleEndian(end[OffsetOfDirectory..]) == uint.MaxValue;
}
