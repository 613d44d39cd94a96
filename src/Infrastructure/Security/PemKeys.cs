using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Reads RSA keys from PEM files, and says what is wrong with one that cannot be used.</summary>
internal static class PemKeys
{
    public const string PrivateSetting = "Claudy:Auth:PrivateKeyPath";
    private const string PublicSetting = "Claudy:Auth:PublicKeyPath";
    private const string PassphraseSetting = "Claudy:Auth:PrivateKeyPassphrase";
    private const int LeastKeyBits = 2048;
    private const string Encrypted = "ENCRYPTED PRIVATE KEY";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <param name="path">The file.</param>
    /// <param name="passphrase">What it opens with, where it is encrypted.</param>
    /// <exception cref="OptionsValidationException">There is no key that may be used; the message says why and what to do.</exception>
    public static SigningKey ReadPrivate(string path, string? passphrase)
    {
        var text = ReadText(path, PrivateSetting, isSecret: true);
        var isEncrypted = text.Contains($"BEGIN {Encrypted}", StringComparison.Ordinal);
        if (isEncrypted && string.IsNullOrEmpty(passphrase))
        {
            throw Refused($"The signing key {path} is encrypted: give its passphrase in {PassphraseSetting}.");
        }

        using var key = RSA.Create();
        try
        {
            if (isEncrypted)
            {
                key.ImportFromEncryptedPem(text, passphrase);
            }
            else
            {
                key.ImportFromPem(text);
            }

            return new SigningKey(LongEnough(key, path, PrivateSetting).ExportParameters(includePrivateParameters: true));
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            throw Refused(isEncrypted
                ? $"The signing key {path} does not open with the passphrase in {PassphraseSetting}, or is no RSA private key."
                : $"The signing key {path} is not an RSA private key in PEM form (PKCS#8 or PKCS#1). Give another in {PrivateSetting}.");
        }
    }

    /// <exception cref="OptionsValidationException">One of them cannot be used.</exception>
    public static IReadOnlyList<SigningKey> ReadPublic(string path)
    {
        List<SigningKey> keys = [];
        ReadOnlySpan<char> rest = ReadText(path, PublicSetting, isSecret: false);
        while (PemEncoding.TryFind(rest, out var found))
        {
            keys.Add(ReadPublic(rest[found.Location], rest[found.Label], path));
            rest = rest[found.Location.End..];
        }

        return keys is [] ? throw Refused($"{path} ({PublicSetting}) holds no public key in PEM form.") : keys;
    }

    public static OptionsValidationException Refused(string why) => new(Options.DefaultName, typeof(SigningKeyOptions), [why]);

    private static SigningKey ReadPublic(ReadOnlySpan<char> pem, ReadOnlySpan<char> label, string path)
    {
        if (label is not ("PUBLIC KEY" or "RSA PUBLIC KEY"))
        {
            throw Refused($"{path} ({PublicSetting}) holds a {label}; it may hold nothing but public keys.");
        }

        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            return new SigningKey(LongEnough(key, path, PublicSetting).ExportParameters(includePrivateParameters: false));
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            throw Refused($"{path} ({PublicSetting}) holds a public key that is not RSA.");
        }
    }

    private static RSA LongEnough(RSA key, string path, string setting) => key.KeySize >= LeastKeyBits
        ? key
        : throw Refused($"The key {path} has {key.KeySize} bits; it must have at least {LeastKeyBits}. Give another in {setting}.");

    private static string ReadText(string path, string setting, bool isSecret)
    {
        try
        {
            using var file = File.OpenRead(path);
            var mode = File.GetUnixFileMode(file.SafeFileHandle);
            if (isSecret && (mode & Others) != UnixFileMode.None)
            {
                throw Refused($"Others than its owner can use the signing key {path} (mode {Convert.ToString((int)mode, 8)}). Run: chmod 600 {path}");
            }

            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"The key {path} ({setting}) cannot be read: {exception.Message}");
        }
    }
}
