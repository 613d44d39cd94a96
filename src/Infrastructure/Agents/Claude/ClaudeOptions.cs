using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>Settings under <c>Claudy:Claude</c>.</summary>
internal sealed class ClaudeOptions
{
    public const string Section = "Claudy:Claude";

    /// <summary>The CLI's binary; by default the pinned one in <c>eng/claude-code</c>, then <c>claude</c> on PATH.</summary>
    public string? CodePath { get; set; }

    /// <summary>How long the CLI may take to answer after its start.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Claudy:Claude:StartTimeout must be from one second to ten minutes.")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class ClaudeOptionsValidator : IValidateOptions<ClaudeOptions>;
