using System.Security.Cryptography;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class SigningKeyFileTests : IDisposable
{
    private readonly TestKeys _keys = new();

    [Fact]
    public void Load_WhenThereIsNone_ShouldMakeOneForItsOwnerAlone()
    {
        var key = _keys.Open().Load();

        key.Modulus!.Length.ShouldBe(3072 / 8);
        File.ReadAllText(_keys.KeyPath).ShouldStartWith("-----BEGIN PRIVATE KEY-----");
        File.GetUnixFileMode(_keys.KeyPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new FileInfo(_keys.KeyPath).Directory!.UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Load_WhenSeveralStartAtOnce_ShouldGiveAllTheSameKey()
    {
        var thumbprints = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => new SigningKey(_keys.Open()).Security.KeyId)));

        thumbprints.Distinct().ShouldHaveSingleItem();
        Directory.GetFiles(Path.GetDirectoryName(_keys.KeyPath)!).ShouldHaveSingleItem();
    }

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

    public void Dispose() => _keys.Dispose();

    private string RefusalOf(string path) =>
        Should.Throw<OptionsValidationException>(() => _keys.Open(path).Load()).Failures.ShouldHaveSingleItem();
}
