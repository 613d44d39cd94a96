using System.Security.Cryptography;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Claudy.Integration.Tests.Security;

/// <summary>A data folder for signing keys.</summary>
public sealed class TestKeys : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-keys-");

    public string KeysPath => Path.Combine(_folder.FullName, "keys");

    public string FirstKeyPath => Path.Combine(KeysPath, "jwt-private.pem");

    /// <summary>A key that tests share, since making one takes long.</summary>
    internal SigningKeyRing Shared => field ??= PlantedRing();

    /// <summary>The key files as one process has them.</summary>
    internal SigningKeyFiles Files(SigningKeyOptions? options = null, TimeProvider? time = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Claudy:Data", _folder.FullName)]).Build();
        return new SigningKeyFiles(Options.Create(options ?? new SigningKeyOptions()), configuration, time ?? TimeProvider.System);
    }

    /// <summary>The keys as one process has them.</summary>
    internal SigningKeyRing Ring(SigningKeyOptions? options = null, TimeProvider? time = null) =>
        new(Files(options, time), time ?? TimeProvider.System, NullLogger<SigningKeyRing>.Instance);

    /// <summary>Another server's keys.</summary>
    internal SigningKeyRing PlantedRing()
    {
        using var rsa = RSA.Create(2048);
        return Ring(new SigningKeyOptions { PrivateKeyPath = PlantFile(rsa.ExportPkcs8PrivateKeyPem()) });
    }

    public string PlantFile(string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.pem");
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
