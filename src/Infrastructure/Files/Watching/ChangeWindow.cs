using System.Text;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files.Watching;

/// <summary>
/// Gathers changes for a moment and hands them on together, each file once. While changes keep coming the moments grow longer: a
/// build is told of in a few events and not in hundreds.
/// </summary>
internal sealed class ChangeWindow : IDisposable
{
    /// <summary>So many files at the most.</summary>
    public const int MaxFiles = 200;

    private const int MaxPathBytes = 32 * 1024;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Func<IReadOnlyList<ChangedFile>, bool, Task> _deliver;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private Dictionary<string, FileChange> _pending = new(StringComparer.Ordinal);
    private TimeSpan _length = Shortest;
    private long _toldAt;
    private int _pathBytes;
    private bool _isTruncated;
    private bool _isWaiting;
    private bool _isDelivering;

    public ChangeWindow(Func<IReadOnlyList<ChangedFile>, bool, Task> deliver, TimeProvider time)
    {
        (_deliver, _time, _toldAt) = (deliver, time, time.GetTimestamp());
        _timer = time.CreateTimer(_ => Flush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A file changed; what is not for users' eyes is left out.</summary>
    public void Add(string path, FileChange change)
    {
        if (IsNoise(path))
        {
            return;
        }

        lock (_gate)
        {
            Merge(path, change);
            Schedule();
        }
    }

    /// <summary>Hands on what there is, now.</summary>
    public void Flush()
    {
        List<ChangedFile> files;
        bool isTruncated;
        lock (_gate)
        {
            _isWaiting = false;
            if (_isDelivering || (_pending.Count == 0 && !_isTruncated))
            {
                return;
            }

            files = [.. _pending.Select(file => new ChangedFile(file.Key, file.Value))];
            isTruncated = _isTruncated;
            (_pending, _isTruncated, _pathBytes, _isDelivering) = (new(StringComparer.Ordinal), false, 0, true);
            _toldAt = _time.GetTimestamp();
        }

        _ = DeliverAsync(files, isTruncated);
    }

    public void Dispose() => _timer.Dispose();

    // Git's own files change by the hundred at each command, and what the server is putting there has yet to get its name.
    private static bool IsNoise(string path) =>
        path.StartsWith(".git/", StringComparison.Ordinal)
        || path.Contains("/.git/", StringComparison.Ordinal)
        || path.AsSpan(path.LastIndexOf('/') + 1).StartsWith(".claudy-", StringComparison.Ordinal);

    private void Merge(string path, FileChange change)
    {
        if (_pending.TryGetValue(path, out var before))
        {
            if ((before, change) is (FileChange.Created, FileChange.Deleted))
            {
                _pending.Remove(path);
            }
            else
            {
                _pending[path] = (before, change) switch
                {
                    (FileChange.Created, _) => FileChange.Created,
                    (FileChange.Deleted, FileChange.Created) => FileChange.Modified,
                    _ => change,
                };
            }

            return;
        }

        var size = Encoding.UTF8.GetByteCount(path);
        if (_pending.Count >= MaxFiles || _pathBytes + size > MaxPathBytes || !WorkspacePath.Parse(path).IsSuccess)
        {
            _isTruncated = true;
            return;
        }

        _pending.Add(path, change);
        _pathBytes += size;
    }

    private void Schedule()
    {
        if (_isWaiting || _isDelivering)
        {
            return;
        }

        var since = _time.GetElapsedTime(_toldAt);
        _length = since > Quiet ? Shortest : _length;
        _isWaiting = true;
        _timer.Change(_length, Timeout.InfiniteTimeSpan);
        _length = _length * 2 < Longest ? _length * 2 : Longest;
    }

    private async Task DeliverAsync(IReadOnlyList<ChangedFile> files, bool isTruncated)
    {
        await _deliver(files, isTruncated);
        lock (_gate)
        {
            _isDelivering = false;
            if (_pending.Count > 0 || _isTruncated)
            {
                Schedule();
            }
        }
    }
}
