using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;

namespace Claudy.Infrastructure.Files;

/// <summary>What a workspace holds, or what is added to it.</summary>
/// <param name="Bytes">Of all files.</param>
/// <param name="Files">Regular files; one with several names counts once.</param>
/// <param name="Others">Folders, links and the like.</param>
internal readonly record struct WorkspaceTotals(long Bytes, long Files, long Others = 0)
{
    public static WorkspaceTotals operator +(WorkspaceTotals a, WorkspaceTotals b) => new(a.Bytes + b.Bytes, a.Files + b.Files, a.Others + b.Others);
}

/// <summary>What one file, and a whole workspace, may be.</summary>
internal sealed record WorkspaceLimits(long MaxFileBytes, long MaxBytes, long MaxFiles)
{
    /// <summary>The totals beside what they may be. Folders and links count only where there are more of them than there may be files.</summary>
    public WorkspaceUsage UsageOf(WorkspaceTotals totals) =>
        new(totals.Bytes, totals.Files + Math.Max(0, totals.Others - MaxFiles), MaxBytes, MaxFiles);

    /// <summary>Why that is not added to a workspace; null when it may be. What takes nothing always may.</summary>
    public Error? WhyNot(WorkspaceTotals held, WorkspaceTotals added)
    {
        var (now, then) = (UsageOf(held), UsageOf(held + added));
        if (added.Bytes > 0 && then.SizeBytes > MaxBytes)
        {
            return WorkspaceErrors.QuotaExceeded(now.SizeBytes, MaxBytes);
        }

        return added.Files + added.Others > 0 && then.FileCount > MaxFiles ? WorkspaceErrors.TooManyFiles(now.FileCount, MaxFiles) : null;
    }
}
