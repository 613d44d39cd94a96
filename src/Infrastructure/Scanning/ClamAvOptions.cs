using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Scanning;

/// <summary>Whether and how ClamAV looks at files; <c>Claudy:ClamAv</c>.</summary>
internal sealed class ClamAvOptions
{
    public const string Section = "Claudy:ClamAv";

    /// <summary>Where clamd listens: the path of its Unix socket, or <c>host:port</c>; empty for no ClamAV.</summary>
    public string? Address { get; set; }

    /// <summary>How long connecting, sending a file and the answer may take together; half a minute by default.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = "Claudy:ClamAv:Timeout must be from a tenth of a second to ten minutes.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether files are let in unseen while clamd does not answer; else they are refused.</summary>
    public bool FailOpen { get; set; }

    public bool IsSet => !string.IsNullOrWhiteSpace(Address);
}

[OptionsValidator]
internal sealed partial class ClamAvOptionsValidator : IValidateOptions<ClamAvOptions>;

/// <summary>Checks what no attribute can.</summary>
internal sealed class ClamAvAddressValidator : IValidateOptions<ClamAvOptions>
{
    public ValidateOptionsResult Validate(string? name, ClamAvOptions options) =>
        !options.IsSet || ClamAvAddress.Parse(options.Address!) is not null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Claudy:ClamAv:Address is '{options.Address}': give the absolute path of clamd's Unix socket, or host:port.");
}
