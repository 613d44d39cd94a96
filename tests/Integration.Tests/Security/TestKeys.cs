using System.Security.Cryptography;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Claudy.Integration.Tests.Security;

/// <summary>A data folder for signing keys.</summary>
public sealed class TestKeys : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("claudy-keys-");

    public string KeyPath => Path.Combine(_folder.FullName, "keys", "jwt-private.pem");

    /// <summary>A look at the key file as one process has it.</summary>
    internal SigningKeyFile Open(string? privateKeyPath = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Claudy:Data", _folder.FullName)]).Build();
        return new SigningKeyFile(Options.Create(new SigningKeyOptions { PrivateKeyPath = privateKeyPath }), configuration);
    }

    /// <summary>A key that tests share, since making one takes long.</summary>
    internal SigningKey Key => field ??= Plant();

    internal SigningKey Plant()
    {
        using var rsa = RSA.Create(2048);
        return new SigningKey(Open(PlantFile(rsa.ExportPkcs8PrivateKeyPem())));
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
