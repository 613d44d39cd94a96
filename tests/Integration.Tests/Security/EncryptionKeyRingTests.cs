using Claudy.Infrastructure.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Security;

public sealed class EncryptionKeyRingTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("claudy-encryption-");

    private string KeyPath => Path.Combine(_data.FullName, "keys", "encryption.json");

    [Fact]
    public void Current_WhenTheFileWasTakenAway_ShouldPutItBack_SoThatWhatItSealsOpensAfterTheNextStart()
    {
        var ring = Ring();
        var sealing = ring.Current.Id;
        File.Delete(KeyPath);

        ring.Current.Id.ShouldBe(sealing);

        Ring().Find(sealing).ShouldNotBeNull();
    }

    [Fact]
    public async Task Ring_WhenManyStartAtOnce_ShouldAllHaveTheSameKey()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Ring().Current.Id)));

        ids.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task TryRenew_WhenSeveralRenewAtOnce_ShouldKeepEveryKey()
    {
        var first = Ring().Current.Id;
        var rings = Enumerable.Range(0, 8).Select(_ => Ring()).ToList();

        await Task.WhenAll(rings.Select(ring => Task.Run(() => ring.TryRenew().ShouldBeTrue())));

        var json = await File.ReadAllTextAsync(KeyPath);
        json.Split("\"id\"").Length.ShouldBe(1 + 1 + 8);
        Ring().Find(first).ShouldNotBeNull();
    }

    public void Dispose() => _data.Delete(recursive: true);

    private EncryptionKeyRing Ring() => new(
        Options.Create(new EncryptionOptions()),
        new ConfigurationBuilder().AddInMemoryCollection([new("Claudy:Data", _data.FullName)]).Build(),
        TimeProvider.System);
}
