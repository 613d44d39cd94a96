using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Options;

namespace Claudy.WebApi.Edge;

/// <summary>The server's certificate, read anew when its files change. One that cannot be used leaves the one before in use.</summary>
internal sealed partial class ServerCertificate : IDisposable
{
    private readonly TlsOptions _options;
    private readonly ILogger<ServerCertificate> _logger;
    private readonly ITimer? _timer;
    private readonly Lock _gate = new();
    private volatile SslStreamCertificateContext? _current;
    private string _lastSeen = "";

    /// <exception cref="OptionsValidationException">It cannot be read.</exception>
    public ServerCertificate(IOptions<TlsOptions> options, TimeProvider time, ILogger<ServerCertificate> logger)
    {
        _options = options.Value;
        _logger = logger;
        if (_options.CertificatePath is not { Length: > 0 })
        {
            return;
        }

        try
        {
            var files = ReadFiles();
            _lastSeen = files.Fingerprint;
            _current = Load(files);
        }
        catch (Exception exception) when (IsAboutFiles(exception))
        {
            throw new OptionsValidationException(
                Options.DefaultName, typeof(TlsOptions), [$"{TlsOptions.CertificateKey}: {_options.CertificatePath} cannot be used: {exception.Message}"]);
        }

        _timer = time.CreateTimer(static state => ((ServerCertificate)state!).Reload(), this, _options.ReloadInterval, _options.ReloadInterval);
    }

    /// <summary>The certificate with those between it and its root; null when none is configured.</summary>
    public SslStreamCertificateContext? Current => _current;

    public void Dispose() => _timer?.Dispose();

    private void Reload()
    {
        // A slow disk must not make two look at once.
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            var files = ReadFiles();
            if (files.Fingerprint != _lastSeen)
            {
                _lastSeen = files.Fingerprint;
                var loaded = Load(files);
                _current = loaded;
                LogReloaded(loaded.TargetCertificate.Subject, loaded.TargetCertificate.NotAfter);
            }
        }
        catch (Exception exception) when (IsAboutFiles(exception))
        {
            // Perhaps one of two files is written and the other is not yet: each state of them is told once.
            LogNotReloaded(exception);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private Files ReadFiles()
    {
        var certificate = File.ReadAllBytes(_options.CertificatePath!);
        var key = _options.KeyPath is { Length: > 0 } path ? File.ReadAllBytes(path) : null;
        return new Files(certificate, key, Convert.ToHexString(SHA256.HashData([.. certificate, .. key ?? []])));
    }

    private SslStreamCertificateContext Load(Files files)
    {
        // Without its own look-ups: a server that cannot reach the certificate's authority must serve all the same.
        var (leaf, others) = files.Certificate.AsSpan().IndexOf("-----BEGIN"u8) >= 0 ? LoadPem(files) : LoadPfx(files.Certificate);
        return SslStreamCertificateContext.Create(leaf, others, offline: true);
    }

    private (X509Certificate2 Leaf, X509Certificate2Collection Others) LoadPem(Files files)
    {
        var certificate = Encoding.ASCII.GetString(files.Certificate);
        var key = files.Key is { } separate ? Encoding.ASCII.GetString(separate) : certificate;
        var leaf = _options.Password is { Length: > 0 } password
            ? X509Certificate2.CreateFromEncryptedPem(certificate, key, password)
            : X509Certificate2.CreateFromPem(certificate, key);
        X509Certificate2Collection others = [];
        others.ImportFromPem(certificate);
        others.RemoveAt(0);
        return (leaf, others);
    }

    private (X509Certificate2 Leaf, X509Certificate2Collection Others) LoadPfx(byte[] file)
    {
        var all = X509CertificateLoader.LoadPkcs12Collection(file, _options.Password);
        var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw new CryptographicException("It holds no certificate with its private key.");
        all.Remove(leaf);
        return (leaf, all);
    }

    private static bool IsAboutFiles(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    [LoggerMessage(441, LogLevel.Information, "The certificate of {Subject} was read anew; it holds until {NotAfter}")]
    private partial void LogReloaded(string subject, DateTime notAfter);

    [LoggerMessage(442, LogLevel.Error, "The certificate's files changed and cannot be used; the one before stays in use")]
    private partial void LogNotReloaded(Exception exception);

    private sealed record Files(byte[] Certificate, byte[]? Key, string Fingerprint);
}
