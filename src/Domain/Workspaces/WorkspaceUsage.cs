namespace Claudy.Domain.Workspaces;

/// <summary>How much a workspace holds, and may hold.</summary>
/// <param name="SizeBytes">What its files hold; one with several names counts once.</param>
/// <param name="FileCount">How many files.</param>
/// <param name="MaxSizeBytes">What they may hold together.</param>
/// <param name="MaxFiles">How many there may be.</param>
public sealed record WorkspaceUsage(long SizeBytes, long FileCount, long MaxSizeBytes, long MaxFiles)
{
    /// <summary>Whether it is more than it may be.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsExceeded => SizeBytes > MaxSizeBytes || FileCount > MaxFiles;

    /// <summary>Whether it is clearly less than it may be, by a twentieth: one that was over its limit goes on only then, and not to be over it again at the next line.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasRoomAgain => SizeBytes <= MaxSizeBytes - (MaxSizeBytes / 20) && FileCount <= MaxFiles - (MaxFiles / 20);

    /// <summary>Whether it holds more than another time, in bytes or in files.</summary>
    public bool IsMoreThan(WorkspaceUsage other) => SizeBytes > other.SizeBytes || FileCount > other.FileCount;
}
