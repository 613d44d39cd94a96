using System.Security.Cryptography;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

/// <summary>Key files that an operator gives.</summary>
public sealed class PemKeysTests : IDisposable
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    private readonly TestKeys _keys = new();

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void Load_WhenOthersCanUseTheFile_ShouldRefuseAndSayWhatToDo(UnixFileMode others)
    {
        using var rsa = RSA.Create(2048);
        var path = _keys.PlantFile(rsa.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | others);

        RefusalOf(path).ShouldContain($"chmod 600 {path}");
    }

    [Fact]
    public void Load_WhenTheKeyIsShort_ShouldRefuse()
    {
        using var rsa = RSA.Create(1024);

        RefusalOf(_keys.PlantFile(rsa.ExportPkcs8PrivateKeyPem())).ShouldContain("1024 bits");
    }

    [Fact]
    public void Load_WhenTheKeyIsNotRsa_ShouldRefuse()
    {
        using var elliptic = ECDsa.Create();

        RefusalOf(_keys.PlantFile(elliptic.ExportPkcs8PrivateKeyPem())).ShouldContain("not an RSA private key");
    }

    [Fact]
    public void Load_WhenTheFileHoldsAPublicKey_ShouldRefuse()
    {
        using var rsa = RSA.Create(2048);

        RefusalOf(_keys.PlantFile(rsa.ExportSubjectPublicKeyInfoPem())).ShouldContain("not an RSA private key");
    }

    [Fact]
    public void Load_WhenTheFileIsNoKey_ShouldRefuse()
    {
        RefusalOf(_keys.PlantFile("hello")).ShouldContain("not an RSA private key");
    }

    [Fact]
    public void Load_WhenTheGivenFileIsMissing_ShouldRefuseAndNameTheSetting()
    {
        RefusalOf("/nonexistent/key.pem").ShouldContain("Claudy:Auth:PrivateKeyPath");
    }

    [Fact]
    public void Load_WhenTheKeyIsInEitherPlainForm_ShouldBeTheSameKey()
    {
        using var rsa = RSA.Create(2048);

        var pkcs8 = Load(_keys.PlantFile(rsa.ExportPkcs8PrivateKeyPem()));
        var pkcs1 = Load(_keys.PlantFile(rsa.ExportRSAPrivateKeyPem()));

        pkcs1.Signer.Id.ShouldBe(pkcs8.Signer.Id);
    }

    [Fact]
    public void Load_WhenTheKeyIsEncrypted_ShouldOpenItWithItsPassphraseAlone()
    {
        using var rsa = RSA.Create(2048);
        var passphrase = Guid.NewGuid().ToString();
        var path = _keys.PlantFile(rsa.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Encryption));

        Load(path, passphrase).Signer.Security.Parameters.D.ShouldBe(rsa.ExportParameters(includePrivateParameters: true).D);

        RefusalOf(path).ShouldContain("Claudy:Auth:PrivateKeyPassphrase");
        RefusalOf(path, Guid.NewGuid().ToString()).ShouldContain("does not open");
        RefusalOf(path, passphrase.ToUpperInvariant()).ShouldNotContain(passphrase, Case.Insensitive);
    }

    [Fact]
    public void Load_WhenPublicKeysAreGiven_ShouldVerifyWithAllOfThem()
    {
        using var signer = RSA.Create(2048);
        using var former = RSA.Create(2048);
        var path = _keys.PlantFile(signer.ExportPkcs8PrivateKeyPem());
        var known = _keys.PlantFile($"{former.ExportSubjectPublicKeyInfoPem()}\n{signer.ExportRSAPublicKeyPem()}\n");

        var keys = Load(path, publicKeyPath: known);

        keys.Signer.Security.Parameters.Modulus.ShouldBe(signer.ExportParameters(includePrivateParameters: false).Modulus);
        var other = keys.Others.ShouldHaveSingleItem();
        other.Until.ShouldBeNull();
        other.Key.Security.Parameters.Modulus.ShouldBe(former.ExportParameters(includePrivateParameters: false).Modulus);
    }

    [Fact]
    public void Load_WhenThePublicKeyIsAnothers_ShouldRefuse()
    {
        using var signer = RSA.Create(2048);
        using var other = RSA.Create(2048);
        var path = _keys.PlantFile(signer.ExportPkcs8PrivateKeyPem());

        RefusalOf(path, publicKeyPath: _keys.PlantFile(other.ExportSubjectPublicKeyInfoPem())).ShouldContain("does not hold the public key");
        RefusalOf(path, publicKeyPath: _keys.PlantFile(other.ExportPkcs8PrivateKeyPem())).ShouldContain("nothing but public keys");
        RefusalOf(path, publicKeyPath: _keys.PlantFile("")).ShouldContain("holds no public key");
    }

    public void Dispose() => _keys.Dispose();

    private SigningKeySet Load(string path, string? passphrase = null, string? publicKeyPath = null) =>
        _keys.Files(new SigningKeyOptions { PrivateKeyPath = path, PrivateKeyPassphrase = passphrase, PublicKeyPath = publicKeyPath }).Load();

    private string RefusalOf(string path, string? passphrase = null, string? publicKeyPath = null) =>
        Should.Throw<OptionsValidationException>(() => Load(path, passphrase, publicKeyPath)).Failures.ShouldHaveSingleItem();
}
