using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Audit;

/// <summary>The audit log; section <c>Claudy:Audit</c>.</summary>
public sealed class AuditOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Audit";

    /// <summary>The folder of its files; a relative one is in the data folder.</summary>
    [Required(ErrorMessage = "Claudy:Audit:Path is empty, and there is no data folder (Claudy:Data) to put the audit log in.")]
    public string Path { get; set; } = "audit";

    /// <summary>How large a file may be, in bytes, before the next one is begun.</summary>
    [Range(64L * 1024, 1024L * 1024 * 1024, ErrorMessage = "Claudy:Audit:MaxFileBytes must be from 65536 to 1073741824.")]
    public long MaxFileBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How often the hash of the newest record is told in the server's log, when there are new ones.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "Claudy:Audit:HeadInterval must be from 00:00:01 to 7.00:00:00.")]
    public TimeSpan HeadInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many refused and failed requests of callers that are not signed in are recorded each minute; those of one address or user get a tenth.</summary>
    [Range(10, 100_000, ErrorMessage = "Claudy:Audit:MaxRefusalsPerMinute must be from 10 to 100000.")]
    public int MaxRefusalsPerMinute { get; set; } = 600;
}

[OptionsValidator]
internal sealed partial class AuditOptionsValidator : IValidateOptions<AuditOptions>;
