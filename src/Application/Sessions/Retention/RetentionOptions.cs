using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Sessions.Retention;

/// <summary>How long sessions are kept, under <c>Claudy:Retention</c>. Without these settings nothing ends or goes by itself.</summary>
public sealed class RetentionOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Retention";

    /// <summary>After how long without use a session that sleeps is terminated; null for never.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "36500.00:00:00")]
    public TimeSpan? TerminateAsleepAfter { get; set; }

    /// <summary>How long after its end a terminated session is deleted, with its history and files; null for never.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "36500.00:00:00")]
    public TimeSpan? DeleteTerminatedAfter { get; set; }

    /// <summary>How often it is looked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many sessions one look ends or deletes at the most, of each kind; the next goes on.</summary>
    [Range(1, 100_000)]
    public int MaxPerSweep { get; set; } = 100;
}

[OptionsValidator]
internal sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
