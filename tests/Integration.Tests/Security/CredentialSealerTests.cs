using System.Security.Cryptography;
using System.Text;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class CredentialSealerTests : IDisposable
{
    private static readonly CredentialScope Scope = new(new UserId(Guid.NewGuid()), new SessionId(Guid.NewGuid()));

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-data-");

    private string KeyFile => Path.Combine(_data.FullName, "keys", "encryption.json");

    [Theory]
    [InlineData(ClaudeCredentialKind.ApiKey)]
    [InlineData(ClaudeCredentialKind.AuthToken)]
    [InlineData(ClaudeCredentialKind.OAuthToken)]
    public void Open_WhenSealedForTheSameScope_ShouldGiveItBack(ClaudeCredentialKind kind)
    {
        var credential = new ClaudeCredential(kind, new Secret(Guid.NewGuid().ToString("N")));
        var value = Sealer().Seal(Scope, credential);

        Sealer().Open(Scope, value).Value.ShouldBe(credential);
        Encoding.Latin1.GetString(value.Bytes).ShouldNotContain(credential.Value.Reveal());
        Sealer().Seal(Scope, credential).Bytes.ShouldNotBe(value.Bytes);
    }

    [Fact]
    public void Open_WhenMovedToAnotherOwnerOrSession_ShouldFail()
    {
        var sealer = Sealer();
        var value = sealer.Seal(Scope, New());

        ShouldNotOpen(sealer, Scope with { Owner = new UserId(Guid.NewGuid()) }, value);
        ShouldNotOpen(sealer, Scope with { Session = new SessionId(Guid.NewGuid()) }, value);
        ShouldNotOpen(sealer, Scope with { Session = null }, value);
    }

    [Fact]
    public void Open_WhenAnyByteChangedOrWasCutOff_ShouldFail()
    {
        var sealer = Sealer();
        var value = sealer.Seal(Scope, New());

        for (var i = 0; i < value.Bytes.Length; i++)
        {
            var changed = (byte[])value.Bytes.Clone();
            changed[i] ^= 1;
            ShouldNotOpen(sealer, Scope, value with { Bytes = changed });
            ShouldNotOpen(sealer, Scope, value with { Bytes = value.Bytes[..i] });
        }
    }

    [Fact]
    public void Open_WhenTheKeyIsNotHere_ShouldNameIt()
    {
        var value = Sealer().Seal(Scope, New());
        File.Delete(KeyFile);
        var sealer = Sealer();

        sealer.Knows(value.KeyId).ShouldBeFalse();
        sealer.Open(Scope, value).Error.ShouldNotBeNull().Message.ShouldContain(value.KeyId);
    }

    [Fact]
    public void Ring_WhenStartedFirst_ShouldMakeAKeyForItsOwnerAloneAndKeepIt()
    {
        var first = Sealer().CurrentKeyId;

        Sealer().CurrentKeyId.ShouldBe(first);
        File.GetUnixFileMode(KeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Ring_WhenManyStartAtOnce_ShouldGiveAllTheSameKey()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Sealer().CurrentKeyId)));

        ids.Distinct().ShouldHaveSingleItem();
        Directory.GetFiles(Path.GetDirectoryName(KeyFile)!).ShouldBe([KeyFile]);
    }

    [Fact]
    public void TryRenewKey_ShouldSealUnderTheNewOneInOtherProcessesTooAndStillOpenTheOld()
    {
        var server = Sealer();
        var credential = New();
        var old = server.Seal(Scope, credential);

        var command = Sealer();
        command.TryRenewKey().ShouldBeTrue();
        var renewed = command.Seal(Scope, credential);

        server.CurrentKeyId.ShouldBe(command.CurrentKeyId);
        server.CurrentKeyId.ShouldNotBe(old.KeyId);
        server.Open(Scope, renewed).Value.ShouldBe(credential);
        command.Open(Scope, old).Value.ShouldBe(credential);
        command.DropKeysExcept([old.KeyId]).ShouldBeEmpty();
        command.DropKeysExcept([]).ShouldBe([old.KeyId]);
        Sealer().Knows(old.KeyId).ShouldBeFalse();
        Sealer().Open(Scope, renewed).Value.ShouldBe(credential);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Ring_WhenTheOperatorGivesAKey_ShouldUseThatAndMakeNone(bool isHex)
    {
        var bytes = RandomNumberGenerator.GetBytes(32);
        var sealer = Sealer(isHex ? Convert.ToHexString(bytes) : Convert.ToBase64String(bytes));

        var value = sealer.Seal(Scope, New());

        sealer.TryRenewKey().ShouldBeFalse();
        File.Exists(KeyFile).ShouldBeFalse();
        Sealer(Convert.ToBase64String(bytes)).Open(Scope, value).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public void Ring_WhenTheOperatorReplacesItsKey_ShouldOpenWithThePreviousAndSealWithTheNew()
    {
        var (old, renewed) = (NewKey(), NewKey());
        var value = Sealer(old).Seal(Scope, New());

        var sealer = Sealer(renewed, old);

        sealer.Open(Scope, value).IsSuccess.ShouldBeTrue();
        sealer.CurrentKeyId.ShouldBe(Sealer(renewed).CurrentKeyId);
        Sealer(renewed).Open(Scope, value).Error.ShouldNotBeNull().Code.ShouldBe("CLAUDE_008");
    }

    [Fact]
    public void DropKeysExcept_WhenTheOperatorGivesAKeyLater_ShouldKeepTheServersOwnWhileTheyAreInUse()
    {
        var value = Sealer().Seal(Scope, New());
        var sealer = Sealer(NewKey());

        sealer.DropKeysExcept([value.KeyId]).ShouldBeEmpty();
        sealer.Open(Scope, value).IsSuccess.ShouldBeTrue();
        sealer.DropKeysExcept([sealer.CurrentKeyId]).ShouldBe([value.KeyId]);

        File.Exists(KeyFile).ShouldBeFalse();
        sealer.Knows(value.KeyId).ShouldBeFalse();
    }

    [Theory]
    [InlineData("short")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all, and not hexadecimal digits either")]
    public void Ring_WhenTheOperatorsKeyIsNone_ShouldRefuseWithoutShowingIt(string key)
    {
        var refused = Should.Throw<OptionsValidationException>(() => Sealer(key));

        refused.Message.ShouldContain("Claudy:Encryption:Key");
        refused.Message.ShouldNotContain(key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"version\":2,\"keys\":[]}")]
    [InlineData("{\"version\":1,\"keys\":[{\"id\":\"a\",\"key\":\"b\"}]}")]
    public void Ring_WhenTheFileIsDamaged_ShouldRefuseAndLeaveItAsItIs(string content)
    {
        Sealer();
        File.WriteAllText(KeyFile, content);

        Should.Throw<OptionsValidationException>(() => Sealer()).Message.ShouldContain(KeyFile);

        File.ReadAllText(KeyFile).ShouldBe(content);
    }

    [Fact]
    public void Ring_WhenOthersCanReadTheFile_ShouldRefuseAndSayWhatToDo()
    {
        Sealer();
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Should.Throw<OptionsValidationException>(() => Sealer()).Message.ShouldContain("chmod 600");
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static void ShouldNotOpen(CredentialSealer sealer, CredentialScope scope, SealedValue value) =>
        sealer.Open(scope, value).Error.ShouldNotBeNull().Code.ShouldBe("CLAUDE_008");

    private static ClaudeCredential New() => new(ClaudeCredentialKind.ApiKey, new Secret(Guid.NewGuid().ToString("N")));

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private CredentialSealer Sealer(string? key = null, params string[] previous)
    {
        var configuration = new ConfigurationManager { ["Claudy:Data"] = _data.FullName };
        return new CredentialSealer(
            new EncryptionKeyRing(Options.Create(new EncryptionOptions { Key = key, PreviousKeys = previous }), configuration, TimeProvider.System));
    }
}
