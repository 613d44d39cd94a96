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
}

[OptionsValidator]
internal sealed partial class ProcessOptionsValidator : IValidateOptions<ProcessOptions>;
