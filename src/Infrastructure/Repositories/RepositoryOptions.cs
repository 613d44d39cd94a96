using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Repositories;

/// <summary>How repositories are fetched; <c>Claudy:Repositories</c>.</summary>
internal sealed class RepositoryOptions
{
    public const string Section = "Claudy:Repositories";

    /// <summary>How long fetching one may take; five minutes by default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Claudy:Repositories:Timeout must be from one second to a day.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many are fetched at once; others wait.</summary>
    [Range(1, 1000)]
    public int MaxParallel { get; set; } = 4;

    /// <summary>How many of these are one user's; further ones of theirs wait.</summary>
    [Range(1, 1000)]
    public int MaxParallelPerUser { get; set; } = 2;

    /// <summary>A file of certificates in PEM form that are trusted beside the system's own, such as that of a company's GitHub; none by default.</summary>
    public string? CertificatesPath { get; set; }
}

[OptionsValidator]
internal sealed partial class RepositoryOptionsValidator : IValidateOptions<RepositoryOptions>;

/// <summary>Checks what no attribute can.</summary>
internal sealed class CertificatesPathValidator : IValidateOptions<RepositoryOptions>
{
    public ValidateOptionsResult Validate(string? name, RepositoryOptions options) =>
        string.IsNullOrEmpty(options.CertificatesPath) || File.Exists(options.CertificatesPath)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Claudy:Repositories:CertificatesPath: there is no file {options.CertificatesPath}.");
}
