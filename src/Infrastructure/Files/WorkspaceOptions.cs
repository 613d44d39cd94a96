using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Files;

/// <summary>Where workspaces are and how much they may hold; <c>Claudy:Workspaces</c>.</summary>
public sealed class WorkspaceOptions
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
}

[OptionsValidator]
internal sealed partial class WorkspaceOptionsValidator : IValidateOptions<WorkspaceOptions>;
