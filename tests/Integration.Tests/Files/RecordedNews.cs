using System.Collections.Concurrent;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;

namespace Claudy.Integration.Tests.Files;

/// <summary>Keeps what is told of workspaces.</summary>
internal sealed class RecordedNews : IWorkspaceObserver
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ConcurrentQueue<ChangedFile> _files = new();
    private readonly ConcurrentQueue<WorkspaceUsage> _exceeded = new();
    private int _calls;
    private volatile bool _isTruncated;

    /// <summary>All that changed, in order.</summary>
    public IReadOnlyList<ChangedFile> Files => [.. _files];

    /// <summary>In how many pieces that was told.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public bool IsTruncated => _isTruncated;

    public IReadOnlyList<WorkspaceUsage> Exceeded => [.. _exceeded];

    public Task OnChangedAsync(SessionId session, IReadOnlyList<ChangedFile> files, bool isTruncated)
    {
        foreach (var file in files)
        {
            _files.Enqueue(file);
        }

        _isTruncated |= isTruncated;
        Interlocked.Increment(ref _calls);
        return Task.CompletedTask;
    }

    public Task OnExceededAsync(SessionId session, WorkspaceUsage usage)
    {
        _exceeded.Enqueue(usage);
        return Task.CompletedTask;
    }

    /// <summary>Waits until something was told.</summary>
    public Task UntilToldAsync(string path, FileChange change) =>
        UntilAsync(() => _files.Contains(new ChangedFile(path, change)), () => $"{path} {change}; told: {string.Join(", ", _files.Select(f => $"{f.Path} {f.Change}"))}");

    /// <summary>Waits for a condition.</summary>
    public static async Task UntilAsync(Func<bool> holds, Func<string> what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!holds())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"It did not come to that: {what()}");
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }
}
