using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Processes;

/// <summary>How child processes are read; <c>Claudy:Processes</c>.</summary>
public sealed class ProcessOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Processes";

    /// <summary>Bytes that one line of output may have; 64 MiB by default. A process that writes a longer one is ended.</summary>
    [Range(1 << 16, 1 << 28)]
    public int MaxLineBytes { get; set; } = 64 << 20;

    /// <summary>The control group beneath which those of sessions are made, such as <c>/claudy</c>; it must be there. By default the server's own.</summary>
    [RegularExpression("/.*", ErrorMessage = "Claudy:Processes:ControlGroup must be the path of a control group, as in /proc/self/cgroup: it begins with a slash.")]
    public string? ControlGroup { get; set; }

    /// <summary>The data folder, by which a server knows the groups of its predecessors; null when there is none.</summary>
    internal string? DataPath { get; set; }

    /// <summary>Where the kernel tells what is mounted.</summary>
    internal string MountInfoPath { get; set; } = "/proc/self/mountinfo";

    /// <summary>Where the kernel tells in which groups this server is.</summary>
    internal string OwnGroupsPath { get; set; } = "/proc/self/cgroup";
}

[OptionsValidator]
internal sealed partial class ProcessOptionsValidator : IValidateOptions<ProcessOptions>;
