using System.Text;
using Microsoft.Extensions.Logging;

namespace Claudy.Infrastructure.Processes;

/// <summary>
/// All that a process started, however far it ran: known by the session that the process leads, and by a marker with a
/// UUID in the environment that every descendant inherits. Nothing else is ever touched.
/// </summary>
/// <param name="leaderId">The process that began it all.</param>
/// <param name="marker">The environment entry, name and value.</param>
/// <param name="time">For waiting between looks.</param>
/// <param name="logger">Hears of what does not die.</param>
internal sealed partial class Descendants(int leaderId, string marker, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly byte[] _marker = Encoding.UTF8.GetBytes(marker);

    /// <summary>Kills what the ended process left behind and returns when nothing of it is left.</summary>
    /// <remarks>
    /// The init of a sandbox's pid namespace dies with the sandbox, and takes its namespace with it, before it is a
    /// zombie itself. By the time of this call it may have lost its environment already and cannot be told from other
    /// dying processes; hence all that are dying at the first look are waited for.
    /// </remarks>
    public async Task EndAsync()
    {
        var dying = new List<ProcessEntry>();
        for (var found = Find(dying); found.Count > 0; found = Find(dying: null))
        {
            foreach (var process in found)
            {
                _ = Posix.Signal(process.Id, Posix.SigKill);
            }

            if (!await AreGoneAsync(found))
            {
                LogUndying(logger, leaderId, string.Join(", ", found.Select(process => process.Id)));
            }
        }

        _ = await AreGoneAsync(dying);
    }

    private List<ProcessEntry> Find(List<ProcessEntry>? dying)
    {
        List<ProcessEntry> ours = [];
        foreach (var id in ProcessTable.Ids())
        {
            // In this order: a process whose environment was gone already shows as dying in what is read next.
            var isMarked = ProcessTable.EnvironmentHas(id, _marker);
            if (!ProcessTable.TryGet(id, out var process) || process.IsGone)
            {
                continue;
            }

            if (isMarked || process.Session == leaderId)
            {
                ours.Add(process);
            }
            else if (process.IsExiting)
            {
                dying?.Add(process);
            }
        }

        return ours;
    }

    private async Task<bool> AreGoneAsync(List<ProcessEntry> processes)
    {
        var began = time.GetTimestamp();
        var pause = FirstPause;
        while (processes.Exists(IsStillThere))
        {
            if (time.GetElapsedTime(began) > Patience)
            {
                return false;
            }

            await Task.Delay(pause, time);
            pause = pause < LongestPause ? pause * 2 : pause;
        }

        return true;
    }

    private static bool IsStillThere(ProcessEntry known) =>
        ProcessTable.TryGet(known.Id, out var now) && now.StartTime == known.StartTime && !now.IsGone;

    [LoggerMessage(1200, LogLevel.Warning, "Process {ProcessId} left processes that do not die: {Remaining}")]
    private static partial void LogUndying(ILogger logger, int processId, string remaining);
}
