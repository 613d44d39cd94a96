using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Where the signing keys are: files that the operator gives, or a folder of the server's own.</summary>
internal sealed class SigningKeyFiles(IOptions<SigningKeyOptions> options, IConfiguration configuration, TimeProvider time)
{
    private readonly SigningKeyOptions _options = options.Value;

    /// <summary>Whether the operator keeps them.</summary>
    public bool AreGiven => _options.PrivateKeyPath is { Length: > 0 };

    /// <summary>How old the server's own key grows before it makes the next; 0 for no end.</summary>
    public TimeSpan RotateAfter => _options.RotateKeysAfter;

    /// <summary>The server's own.</summary>
    /// <exception cref="OptionsValidationException">There is no data folder to keep them in.</exception>
    public SigningKeyFolder Folder => configuration["Claudy:Data"] is { Length: > 0 } data
        ? new SigningKeyFolder(Path.Combine(data, "keys"), time)
        : throw PemKeys.Refused($"{PemKeys.PrivateSetting} is empty, and there is no data folder (Claudy:Data) to make a signing key in.");

    /// <summary>Reads the keys.</summary>
    /// <exception cref="OptionsValidationException">There is no key that may be used; the message says why and what to do.</exception>
    public SigningKeySet Load() => AreGiven ? LoadGiven(_options.PrivateKeyPath!) : Folder.Load();

    /// <summary>What tells one state of the files from another.</summary>
    public string Fingerprint() => AreGiven ? $"{Fingerprint(_options.PrivateKeyPath!)}|{Fingerprint(_options.PublicKeyPath)}" : Folder.Fingerprint();

    /// <summary>What tells one state of a file from another.</summary>
    public static string Fingerprint(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return "";
        }

        // By content: a link can lead elsewhere, and a file be replaced by one of the same length within a tick of its clock.
        try
        {
            using var file = File.OpenRead(path);
            return $"{path} {Convert.ToHexString(SHA256.HashData(file))} {File.GetUnixFileMode(file.SafeFileHandle)}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    private SigningKeySet LoadGiven(string path)
    {
        var signer = PemKeys.ReadPrivate(path, _options.PrivateKeyPassphrase);
        if (_options.PublicKeyPath is not { Length: > 0 } publicPath)
        {
            return new SigningKeySet(signer, []);
        }

        var known = PemKeys.ReadPublic(publicPath);
        return known.Any(key => key.Id == signer.Id)
            ? new SigningKeySet(signer, [.. known.Where(key => key.Id != signer.Id).Select(key => new VerifyingKey(key, Until: null))])
            : throw PemKeys.Refused($"{publicPath} (Claudy:Auth:PublicKeyPath) does not hold the public key of {path}. Make it with: openssl pkey -in {path} -pubout");
    }
}
