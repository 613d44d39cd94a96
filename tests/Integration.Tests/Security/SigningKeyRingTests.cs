using System.Security.Cryptography;
using Claudy.Domain.Users;
using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

/// <summary>Keys that are made, rotated, noticed and retired.</summary>
public sealed class SigningKeyRingTests : IDisposable
{
    private static readonly User Someone = new(UserId.New(DateTimeOffset.UnixEpoch), "someone", DateTimeOffset.UnixEpoch);

    private readonly TestKeys _keys = new();

    // Not a time of its own: the first key's age is that of its file.
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public void Load_WhenThereIsNone_ShouldMakeOneForItsOwnerAlone()
    {
        var key = _keys.Ring().Signer;

        key.Security.Parameters.Modulus!.Length.ShouldBe(3072 / 8);
        File.ReadAllText(_keys.FirstKeyPath).ShouldStartWith("-----BEGIN PRIVATE KEY-----");
        File.GetUnixFileMode(_keys.FirstKeyPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        new DirectoryInfo(_keys.KeysPath).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Load_WhenSeveralStartAtOnce_ShouldGiveAllTheSameKey()
    {
        var thumbprints = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => _keys.Ring().Signer.Id)));

        thumbprints.Distinct().ShouldHaveSingleItem();
        Directory.GetFiles(_keys.KeysPath).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Rotate_ShouldSignWithTheNewKeyAndSignNobodyOut()
    {
        var ring = _keys.Ring(time: _time);
        var issuer = new JwtTokenIssuer(ring, _time);
        var before = issuer.Issue(Someone, SignInId.New(_time.GetUtcNow())).Value.Reveal();
        var old = ring.Signer.Id;

        var made = ring.Rotate(dropOthers: false);

        made.KeyId.ShouldNotBe(old);
        ring.Signer.Id.ShouldBe(made.KeyId);
        ring.Published.Select(key => key.KeyId).ShouldBe([made.KeyId, old]);
        Directory.GetFiles(_keys.KeysPath).ShouldAllBe(file => File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var after = issuer.Issue(Someone, SignInId.New(_time.GetUtcNow())).Value.Reveal();
        (await issuer.ValidateAsync(before)).IsSuccess.ShouldBeTrue();
        (await issuer.ValidateAsync(after)).IsSuccess.ShouldBeTrue();

        // Its last token, from the moment before the rotation, and the clocks' skew.
        _time.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(29));
        (await issuer.ValidateAsync(before)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public void Published_WhenTheOldKeysTimeIsOver_ShouldHaveTheNewOneAlone()
    {
        var ring = _keys.Ring(time: _time);
        var old = ring.Signer.Id;
        ring.Rotate(dropOthers: false);

        _time.Advance(SigningKeyFolder.Retention);

        ring.Published.ShouldHaveSingleItem().KeyId.ShouldBe(ring.Signer.Id);
        ring.Find(old).ShouldBeNull();
        ring.Tend();
        Directory.GetFiles(_keys.KeysPath).ShouldHaveSingleItem();
        _keys.Ring(time: _time).Signer.Id.ShouldBe(ring.Signer.Id);
    }

    [Fact]
    public void Rotate_WhenTheOldKeyWasStolen_ShouldDropItAtOnce()
    {
        var ring = _keys.Ring(time: _time);
        var other = _keys.Ring(time: _time);
        var old = ring.Signer.Id;

        ring.Rotate(dropOthers: true);
        other.Tend();

        ring.Find(old).ShouldBeNull();
        other.Find(old).ShouldBeNull();
        Directory.GetFiles(_keys.KeysPath).ShouldHaveSingleItem();
    }

    [Fact]
    public void Rotate_WhenTheClockWentBack_ShouldStillMakeTheNewest()
    {
        var ring = _keys.Ring(time: _time);
        ring.Rotate(dropOthers: false);
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromHours(1));

        var made = ring.Rotate(dropOthers: false);

        _keys.Ring(time: _time).Signer.Id.ShouldBe(made.KeyId);
    }

    [Fact]
    public void Find_WhenAnotherProcessRotated_ShouldKnowTheNewKeyAtOnceAndSignWithItAfterALook()
    {
        var server = _keys.Ring(time: _time);
        var command = _keys.Ring(time: _time);

        var made = command.Rotate(dropOthers: false);

        server.Find(made.KeyId).ShouldNotBeNull();
        server.Signer.Id.ShouldBe(made.KeyId);
    }

    [Fact]
    public void Find_WhenNamesAreMadeUp_ShouldNotLookAtTheFilesAllTheTime()
    {
        var server = _keys.Ring(time: _time);
        server.Find("made up").ShouldBeNull();
        var made = _keys.Ring(time: _time).Rotate(dropOthers: false);

        server.Find(made.KeyId).ShouldBeNull();

        _time.Advance(TimeSpan.FromSeconds(1));
        server.Find(made.KeyId).ShouldNotBeNull();
    }

    [Fact]
    public void Tend_WhenTheKeyIsOld_ShouldMakeTheNext()
    {
        var ring = _keys.Ring(new SigningKeyOptions { RotateKeysAfter = TimeSpan.FromDays(90) }, _time);
        var first = ring.Signer.Id;

        _time.Advance(TimeSpan.FromDays(89));
        ring.Tend();
        ring.Signer.Id.ShouldBe(first);

        _time.Advance(TimeSpan.FromDays(2));
        ring.Tend();
        ring.Signer.Id.ShouldNotBe(first);
        ring.Find(first).ShouldNotBeNull();
    }

    [Fact]
    public void Tend_WhenKeysHaveNoEnd_ShouldMakeNone()
    {
        var ring = _keys.Ring(new SigningKeyOptions { RotateKeysAfter = TimeSpan.Zero }, _time);
        var first = ring.Signer.Id;

        _time.Advance(TimeSpan.FromDays(10_000));
        ring.Tend();

        ring.Signer.Id.ShouldBe(first);
    }

    [Fact]
    public void Tend_WhenAKeyCannotBeUsed_ShouldSayWhyAndGoOnWithTheOthers()
    {
        var ring = _keys.Ring(time: _time);
        var first = ring.Signer.Id;
        var planted = Path.Combine(_keys.KeysPath, "jwt-private-20990101T000000000Z.pem");
        File.WriteAllText(planted, "no key");
        File.SetUnixFileMode(planted, UnixFileMode.UserRead);

        Should.Throw<OptionsValidationException>(ring.Tend).Message.ShouldContain(planted);

        ring.Signer.Id.ShouldBe(first);
        ring.Find("unknown").ShouldBeNull();
    }

    [Fact]
    public void Load_WhenOtherFilesAreInTheFolder_ShouldLeaveThemAlone()
    {
        var first = _keys.Ring(time: _time).Signer.Id;
        foreach (var name in new[] { "jwt-private.pem.0123456789abcdef", "jwt-private-copy.pem", "other.pem" })
        {
            File.WriteAllText(Path.Combine(_keys.KeysPath, name), "no key");
        }

        _keys.Ring(time: _time).Signer.Id.ShouldBe(first);
    }

    [Fact]
    public void Tend_WhenAGivenFileIsReplaced_ShouldSignWithItAndVerifyTheFormerForAWhile()
    {
        using var next = RSA.Create(2048);
        using var first = RSA.Create(2048);
        var path = _keys.PlantFile(first.ExportPkcs8PrivateKeyPem());
        var ring = _keys.Ring(new SigningKeyOptions { PrivateKeyPath = path }, _time);
        var former = ring.Signer.Id;

        File.Move(_keys.PlantFile(next.ExportPkcs8PrivateKeyPem()), path, overwrite: true);
        ring.Tend();

        ring.CanRotate.ShouldBeFalse();
        ring.Signer.Id.ShouldNotBe(former);
        ring.Find(former).ShouldNotBeNull();
        _time.Advance(SigningKeyFolder.Retention);
        ring.Find(former).ShouldBeNull();
    }

    [Fact]
    public void Tend_WhenAGivenFileIsALinkThatIsLedElsewhere_ShouldSignWithWhatItLeadsTo()
    {
        using var next = RSA.Create(2048);
        using var first = RSA.Create(2048);
        var folder = Directory.CreateTempSubdirectory("claudy-secret-");
        var path = Path.Combine(folder.FullName, "private.pem");
        var (one, two) = (_keys.PlantFile(first.ExportPkcs8PrivateKeyPem()), _keys.PlantFile(next.ExportPkcs8PrivateKeyPem()));
        File.CreateSymbolicLink(path, one);
        var ring = _keys.Ring(new SigningKeyOptions { PrivateKeyPath = path }, _time);
        var former = ring.Signer.Id;

        File.CreateSymbolicLink($"{path}.next", two);
        File.Move($"{path}.next", path, overwrite: true);
        ring.Tend();
        folder.Delete(recursive: true);

        ring.Signer.Id.ShouldNotBe(former);
    }

    [Fact]
    public void Tend_WhenAGivenFileIsReplacedByNoKey_ShouldKeepTheFormer()
    {
        using var first = RSA.Create(2048);
        var path = _keys.PlantFile(first.ExportPkcs8PrivateKeyPem());
        var ring = _keys.Ring(new SigningKeyOptions { PrivateKeyPath = path }, _time);
        var former = ring.Signer.Id;

        File.WriteAllText(path, "half a file");

        Should.Throw<OptionsValidationException>(ring.Tend);
        ring.Signer.Id.ShouldBe(former);
    }

    public void Dispose() => _keys.Dispose();
}
