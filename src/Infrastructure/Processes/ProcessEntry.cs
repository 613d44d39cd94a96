using System.Buffers.Text;

namespace Claudy.Infrastructure.Processes;

/// <summary>A process as <c>/proc/[pid]/stat</c> tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Such as S, R, or Z for a zombie.</param>
/// <param name="Session">The id of its session: that of the process which called setsid.</param>
/// <param name="Flags">The kernel's PF_ flags.</param>
/// <param name="StartTime">In clock ticks after boot; tells it from a later process with the same id.</param>
internal readonly record struct ProcessEntry(int Id, char State, int Session, ulong Flags, ulong StartTime)
{
    private const ulong Exiting = 0x4;

    /// <summary>Nothing is left of it but its exit code.</summary>
    public bool IsGone => State is 'Z' or 'X';

    /// <summary>It runs no code of its own any more, but is not gone yet.</summary>
    public bool IsExiting => !IsGone && (Flags & Exiting) != 0;

    public static bool TryParse(int id, ReadOnlySpan<byte> stat, out ProcessEntry entry)
    {
        entry = default;

        // The name before the last parenthesis may hold anything; after it the fields are counted from the third.
        var fields = stat[(stat.LastIndexOf((byte)')') + 1)..];
        var values = new ulong[20];
        var state = '?';
        for (var i = 0; i < values.Length; i++)
        {
            fields = fields.TrimStart((byte)' ');
            var end = fields.IndexOf((byte)' ');
            if (end <= 0)
            {
                return false;
            }

            state = i == 0 ? (char)fields[0] : state;
            values[i] = Utf8Parser.TryParse(fields[..end], out ulong value, out _) ? value : 0;
            fields = fields[end..];
        }

        entry = new ProcessEntry(id, state, (int)values[3], values[6], values[19]);
        return true;
    }
}
