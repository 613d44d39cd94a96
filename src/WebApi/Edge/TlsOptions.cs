using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>The certificate of addresses that begin with <c>https://</c>, under <c>Claudy:Tls</c>.</summary>
internal sealed class TlsOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Tls";

    /// <summary>Where the certificate's path is in the configuration.</summary>
    public const string CertificateKey = "Claudy:Tls:CertificatePath";

    /// <summary>A PEM file with the certificate and those between it and its root, or a PFX file.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>The PEM file of its key; none when the key is in the same file.</summary>
    public string? KeyPath { get; set; }

    /// <summary>What the PFX file or the key is encrypted with; none when it is not.</summary>
    public string? Password { get; set; }

    /// <summary>How often the files are looked at for a renewed certificate.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "1.00:00:00")]
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long browsers are told to come by https only, when they came so; zero for not telling.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan HstsMaxAge { get; set; } = TimeSpan.FromDays(30);
}

[OptionsValidator]
internal sealed partial class TlsOptionsValidator : IValidateOptions<TlsOptions>;
