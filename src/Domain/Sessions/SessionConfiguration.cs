using Claudy.Domain.Shared;

namespace Claudy.Domain.Sessions;

/// <summary>The quarantine of what a workspace's own files would configure.</summary>
public sealed partial class Session
{
    /// <summary>The workspace was looked at. Something else than last time is to be reviewed anew, and what was approved before holds no longer.</summary>
    /// <param name="found">What its files say now.</param>
    /// <param name="now">The time.</param>
    public void ConfigurationFound(WorkspaceConfiguration found, DateTimeOffset now)
    {
        var last = State.Configuration?.Found;
        if (!IsLive || last?.Digest == found.Digest)
        {
            return;
        }

        if (!found.IsEmpty())
        {
            Record(new ConfigurationReviewRequested(found), now);
        }
        else if (last is not null)
        {
            Record(new ConfigurationReviewed(last.Digest, ConfigurationDecision.Withdrawn), now);
        }
    }

    /// <summary>Takes the owner's decision, which may also replace an earlier one.</summary>
    /// <param name="digest">What the owner saw.</param>
    /// <param name="decision">Approved or rejected.</param>
    /// <param name="now">The time.</param>
    /// <returns>Success; <c>SESSION_020</c> when that is not what the workspace has, <c>SESSION_004</c> when the session is over.</returns>
    public Result ReviewConfiguration(string digest, ConfigurationDecision decision, DateTimeOffset now)
    {
        if (!IsLive)
        {
            return SessionErrors.Terminated();
        }

        if (State.Configuration is not { } review || review.Found.Digest != digest)
        {
            return SessionErrors.ConfigurationNotPending(digest);
        }

        if (review.Decision != decision)
        {
            Record(new ConfigurationReviewed(digest, decision), now);
        }

        return Result.Success();
    }
}
