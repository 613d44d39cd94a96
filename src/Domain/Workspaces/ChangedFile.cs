namespace Claudy.Domain.Workspaces;

/// <summary>What became of a file.</summary>
public enum FileChange
{
    /// <summary>It is new.</summary>
    Created,

    /// <summary>It holds something else.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Deleted,
}

/// <summary>A file that changed.</summary>
/// <param name="Path">Relative to the workspace.</param>
/// <param name="Change">How, from what was told before to what is there now.</param>
public sealed record ChangedFile(string Path, FileChange Change);
