using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>Where workspaces are and how much they may hold; <c>Claudy:Workspaces</c>.</summary>
public sealed class WorkspaceOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Workspaces";

    /// <summary>The folder of all workspaces; by default <c>workspaces</c> in the data folder.</summary>
    [Required(ErrorMessage = "Claudy:Workspaces:BasePath is empty and there is no data folder (Claudy:Data) to put workspaces in.")]
    public string? BasePath { get; set; }

    /// <summary>The folder of all agent homes; by default <c>homes</c> in the data folder.</summary>
    [Required(ErrorMessage = "Claudy:Workspaces:HomesPath is empty and there is no data folder (Claudy:Data) to put agent homes in.")]
    public string? HomesPath { get; set; }

    /// <summary>Bytes that one file may have, and that one read may return; 10 MiB by default, at most 1 GiB.</summary>
    [Range(1, 1L << 30)]
    public long MaxFileBytes { get; set; } = 10L << 20;

    /// <summary>Bytes that the files of one workspace may have together; 100 MiB by default.</summary>
    [Range(1, long.MaxValue)]
    public long MaxWorkspaceBytes { get; set; } = 100L << 20;

    /// <summary>How many uploads in pieces a session may have under way; 8 by default.</summary>
    [Range(1, 1000)]
    public int MaxUploads { get; set; } = 8;

    /// <summary>How long an upload in pieces waits for the next one; a day by default.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Bytes that may be on their way into all workspaces at once: of uploads that are not finished; 4 GiB by default.</summary>
    [Range(1, long.MaxValue)]
    public long MaxStagedBytes { get; set; } = 4L << 30;

    /// <summary>Files that one workspace may have; 20,000 by default, at most a million. Each is remembered while the session runs.</summary>
    [Range(1, 1_000_000)]
    public long MaxFiles { get; set; } = 20_000;

    /// <summary>Whether the files are kept as they are at the start and the end of each turn, which takes git.</summary>
    public bool Checkpoints { get; set; } = true;

    /// <summary>The folder of all checkpoints; by default <c>checkpoints</c> in the data folder.</summary>
    public string? CheckpointsPath { get; set; }

    /// <summary>Bytes that the checkpoints of one session may take up before the older half is dropped; 256 MiB by default.</summary>
    [Range(1L << 20, long.MaxValue)]
    public long MaxCheckpointBytes { get; set; } = 256L << 20;

    /// <summary>Users by name, in either case, for whom it is not as for all.</summary>
    public IDictionary<string, UserWorkspaceOptions> Users { get; } = new Dictionary<string, UserWorkspaceOptions>(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, own) in Users)
        {
            if (own.MaxFileBytes is < 1 or > 1L << 30 || own.MaxWorkspaceBytes < 1 || own.MaxFiles is < 1 or > 1_000_000)
            {
                yield return new ValidationResult($"{Section}:Users:{name} has a limit that is not within what Claudy:Workspaces allows for all.");
            }
        }
    }

    internal WorkspaceLimits LimitsFor(string? username)
    {
        var own = username is not null && Users.TryGetValue(username, out var found) ? found : null;
        return new WorkspaceLimits(own?.MaxFileBytes ?? MaxFileBytes, own?.MaxWorkspaceBytes ?? MaxWorkspaceBytes, own?.MaxFiles ?? MaxFiles);
    }
}

/// <summary>What the workspaces of one user may hold, in place of what those of all may; null for as all.</summary>
public sealed class UserWorkspaceOptions
{
    /// <summary>Bytes that one file may have.</summary>
    public long? MaxFileBytes { get; set; }

    /// <summary>Bytes that the files of one workspace may have together.</summary>
    public long? MaxWorkspaceBytes { get; set; }

    /// <summary>Files that one workspace may have.</summary>
    public long? MaxFiles { get; set; }
}

[OptionsValidator]
internal sealed partial class WorkspaceOptionsValidator : IValidateOptions<WorkspaceOptions>;
