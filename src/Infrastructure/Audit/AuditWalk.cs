using Claudy.Application.Audit.Ports;

namespace Claudy.Infrastructure.Audit;

/// <summary>Goes over the records in order and stops at the first that is not what was written.</summary>
internal sealed class AuditWalk(AuditCheck check)
{
    private AuditHead _head = AuditHead.None;
    private AuditBreak? _break;
    private long _count;
    private int _tornBytes;
    private bool _hasFoundHead = check.Head is null;

    /// <summary>Looks at the next file.</summary>
    /// <returns>Whether to go on.</returns>
    public bool Take(string path, ReadOnlySpan<byte> bytes, bool isLast)
    {
        var name = Path.GetFileName(path);
        var line = 0L;
        while (_break is null && bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            line++;
            if (Judge(bytes[..end]) is { } wrong)
            {
                _break = new AuditBreak(name, line, wrong);
            }

            bytes = bytes[(end + 1)..];
        }

        if (_break is null && bytes.Length > 0)
        {
            if (isLast)
            {
                _tornBytes = bytes.Length;
            }
            else
            {
                _break = new AuditBreak(name, line + 1, "the file breaks off in the middle of a record, and another file follows.");
            }
        }

        return _break is null;
    }

    /// <summary>What was found.</summary>
    /// <param name="folder">The log's folder, to name it as a whole.</param>
    public AuditVerdict Conclude(string folder)
    {
        if (_break is null && !_hasFoundHead)
        {
            _break = new AuditBreak(folder, 0, $"no record has the hash {check.Head}: records were removed at the end, or all was written anew since it was noted down.");
        }

        return new AuditVerdict(_count, _count == 0 ? null : _head.Hash, _break, _tornBytes);
    }

    private string? Judge(ReadOnlySpan<byte> line)
    {
        var wrong = AuditRecord.Check(line, out var head, out var prev);
        if (head.Seq > 0 && Misplaced(head, prev) is { } misplaced)
        {
            return misplaced;
        }

        if (wrong is not null)
        {
            return head.Seq > 0 ? $"record {head.Seq}: {wrong}" : $"what should be record {_head.Seq + 1}: {wrong}";
        }

        _head = head;
        _count++;
        _hasFoundHead |= string.Equals(head.Hash, check.Head, StringComparison.OrdinalIgnoreCase);
        return null;
    }

    private string? Misplaced(AuditHead head, string prev)
    {
        if (_count == 0)
        {
            return FirstMisplaced(head, prev);
        }

        if (head.Seq != _head.Seq + 1)
        {
            return head.Seq > _head.Seq + 1
                ? $"record {head.Seq} follows record {_head.Seq}: what was between them is missing."
                : $"record {head.Seq} follows record {_head.Seq}: it was moved here or is there twice.";
        }

        return prev == _head.Hash ? null : $"record {head.Seq} does not follow record {_head.Seq} as it is: that one, or this one's link to it, was changed.";
    }

    private string? FirstMisplaced(AuditHead head, string prev)
    {
        if (check.After is { } after)
        {
            return string.Equals(prev, after, StringComparison.OrdinalIgnoreCase) ? null : $"record {head.Seq} does not follow the hash {after}.";
        }

        return head.Seq == 1 && prev == AuditHead.None.Hash
            ? null
            : $"record {head.Seq} is the first there is: those before it are missing. If they were moved away, give the hash of the last of them.";
    }
}
