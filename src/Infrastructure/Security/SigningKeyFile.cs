using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Security;

/// <summary>Finds the signing key, or makes it; of several processes that start at once, all get the same.</summary>
internal sealed class SigningKeyFile(IOptions<SigningKeyOptions> options, IConfiguration configuration)
{
    private const int NewKeyBits = 3072;
    private const int LeastKeyBits = 2048;
    private const string Setting = "Claudy:Auth:PrivateKeyPath";

    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnlyFile | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <exception cref="OptionsValidationException">There is no key that may be used; the message says why and what to do.</exception>
    public RSAParameters Load()
    {
        if (options.Value.PrivateKeyPath is { Length: > 0 } given)
        {
            return Read(given);
        }

        if (configuration["Claudy:Data"] is not { Length: > 0 } data)
        {
            throw Refused($"{Setting} is empty, and there is no data folder (Claudy:Data) to make a signing key in.");
        }

        var path = Path.Combine(data, "keys", "jwt-private.pem");
        if (!File.Exists(path))
        {
            Make(path);
        }

        return Read(path);
    }

    private static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnlyFolder);
        var draft = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        try
        {
            using (var key = RSA.Create(NewKeyBits))
            using (var file = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnlyFile,
            }))
            {
                file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
                file.Flush(flushToDisk: true);
            }

            // Takes the name only if nobody has it: the first process wins, and the others use its key.
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first.
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static RSAParameters Read(string path)
    {
        var text = ReadText(path);
        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(text);
            return key.KeySize >= LeastKeyBits
                ? key.ExportParameters(includePrivateParameters: true)
                : throw Refused($"The signing key {path} has {key.KeySize} bits; it must have at least {LeastKeyBits}. Give another in {Setting}.");
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            throw Refused($"The signing key {path} is not an RSA private key in PEM form (PKCS#8, not encrypted). Give another in {Setting}.");
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var mode = File.GetUnixFileMode(file.SafeFileHandle);
            if ((mode & Others) != UnixFileMode.None)
            {
                throw Refused($"Others than its owner can use the signing key {path} (mode {Convert.ToString((int)mode, 8)}). Run: chmod 600 {path}");
            }

            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"The signing key {path} ({Setting}) cannot be read: {exception.Message}");
        }
    }

    private static OptionsValidationException Refused(string why) =>
        new(Options.DefaultName, typeof(SigningKeyOptions), [why]);
}
