using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>Removes what waits in <see cref="StagingArea"/> and nobody goes on with: abandoned uploads, and what a crash left.</summary>
/// <remarks>By age alone, since other nodes may be at work in the same folder.</remarks>
internal sealed partial class StagingSweep(
    StagingArea staging, StagingBudget budget, IOptions<WorkspaceOptions> options, TimeProvider time, ILogger<StagingSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>Removes what has not been written to for <see cref="WorkspaceOptions.UploadLifetime"/>.</summary>
    /// <returns>How many names.</returns>
    public int Sweep(CancellationToken cancellationToken)
    {
        using var all = staging.OpenAll(make: false, out _);
        var removed = 0;
        Dictionary<(SessionId, UploadId), long> uploads = [];
        foreach (var session in all?.ReadNames().ToList() ?? [])
        {
            using var folder = all!.OpenFolder(session, out _);
            removed += folder is null ? 0 : SweepFolder(folder, cancellationToken);
            if (folder is not null && SessionId.TryParse(session.Text, null, out var id))
            {
                Count(id, folder, uploads);
            }

            // Only one that is empty goes, and only one that has been for long: else somebody may be about to use it.
            if (IsOld(all.Stat(session, out _)))
            {
                all.RemoveFolder(session);
            }
        }

        budget.Recount(uploads);
        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                // Off the thread that starts the server.
                await Task.Yield();
                if (Sweep(stoppingToken) is var removed and > 0)
                {
                    LogSwept(removed);
                }
            }
            catch (IOException exception)
            {
                LogFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private int SweepFolder(DirectoryHandle folder, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var name in folder.ReadNames().ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var status = folder.Stat(name, out _);

            // What an upload is for lasts as long as what came of it.
            var last = UploadNames.ContentOf(name) is { } content ? folder.Stat(content, out _) ?? status : status;
            if (!IsOld(last))
            {
                continue;
            }

            if (status is { IsDirectory: true })
            {
                TreeRemoval.Remove(folder, name, cancellationToken);
            }
            else
            {
                folder.RemoveFile(name);
            }

            removed++;
        }

        return removed;
    }

    private static void Count(SessionId session, DirectoryHandle folder, Dictionary<(SessionId, UploadId), long> uploads)
    {
        foreach (var name in folder.ReadNames())
        {
            if (UploadNames.IdOf(name) is { } upload
                && folder.Stat(UploadNames.Content(upload), out _) is not null
                && UploadRecords.Read(folder, name, UploadJson.Default.StoredPlan) is { } plan)
            {
                uploads[(session, upload)] = plan.Size;
            }
        }
    }

    private bool IsOld(FileStatus? status) => status is { } known && known.Modified < time.GetUtcNow() - options.Value.UploadLifetime;

    [LoggerMessage(2600, LogLevel.Information, "{Count} unfinished uploads or leftovers of writing were removed")]
    private partial void LogSwept(int count);

    [LoggerMessage(2601, LogLevel.Warning, "Unfinished uploads could not be swept")]
    private partial void LogFailed(Exception exception);
}
