namespace Claudy.Infrastructure.Repositories;

/// <summary>The certificates that git shall trust, where the operator named some beside the system's.</summary>
internal static class TrustedCertificates
{
    // Of Debian and its kin, Red Hat and its kin, Alpine.
    private static readonly string[] SystemFiles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

    /// <summary>Writes both into one file: git takes but one, in place of the system's.</summary>
    public static async Task WriteAsync(string path, string additional, CancellationToken cancellationToken)
    {
        await using var all = new FileStream(path, FileMode.Create, FileAccess.Write);
        foreach (var source in SystemFiles.Where(File.Exists).Take(1).Append(additional))
        {
            await using var certificates = File.OpenRead(source);
            await certificates.CopyToAsync(all, cancellationToken);
            await all.WriteAsync("\n"u8.ToArray(), cancellationToken);
        }
    }
}
