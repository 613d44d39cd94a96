using Claudy.Application.Credentials;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Application.Tests.Support;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Application.Tests.Credentials;

public sealed class RotateEncryptionKeyTests
{
    private const int Many = 250;

    private readonly InMemoryCredentials _store = new();
    private readonly PlainSealer _sealer = new();

    [Fact]
    public async Task Handle_ShouldSealEverythingUnderANewKeyAndDropTheOld()
    {
        var given = await FillAsync(Many);

        var rotated = await RotateAsync();

        rotated.ShouldBe(new EncryptionKeyRotation("key-2", IsNew: true, Many, 0, rotated.Dropped));
        rotated.Dropped.ShouldBe(["key-1"]);
        ShouldAllOpen(given, "key-2");
    }

    [Fact]
    public async Task Handle_WhenCutShort_ShouldBeFinishedByTheNextWithoutAnotherKey()
    {
        var given = await FillAsync(Many);
        var left = 120;
        _store.OnReplace = () => _ = left-- > 0 ? 0 : throw new StoreUnavailableException("away", new IOException("away"));
        await Should.ThrowAsync<StoreUnavailableException>(RotateAsync);
        _sealer.Keys.ShouldBe(["key-1", "key-2"]);
        _store.OnReplace = () => { };

        var rotated = await RotateAsync();

        rotated.IsNew.ShouldBeFalse();
        rotated.Resealed.ShouldBe(Many - 120);
        rotated.Dropped.ShouldBe(["key-1"]);
        ShouldAllOpen(given, "key-2");
    }

    [Fact]
    public async Task Handle_WhenSomeCannotBeOpened_ShouldLeaveThemAndTheirKey()
    {
        var given = await FillAsync(Many);
        var damaged = _store.All.First();
        await _store.SaveAsync(damaged with { Value = new SealedValue("key-1", [1, 2, 3]) }, default);
        await _store.SaveAsync(new StoredCredential(new CredentialScope(UserId.New(DateTimeOffset.UnixEpoch), null), DateTimeOffset.UnixEpoch, new SealedValue("lost", [1])), default);
        given.Remove(damaged.Scope);

        var rotated = await RotateAsync();

        rotated.Resealed.ShouldBe(Many - 1);
        rotated.Unreadable.ShouldBe(2);
        rotated.Dropped.ShouldBeEmpty();
        _sealer.Keys.ShouldBe(["key-1", "key-2"]);
        ShouldAllOpen(given, "key-2");
    }

    [Fact]
    public async Task Handle_WhenTheOperatorGivesTheKey_ShouldMakeNone()
    {
        var given = await FillAsync(3);
        _sealer.MayRenew = false;

        var rotated = await RotateAsync();

        rotated.IsNew.ShouldBeFalse();
        rotated.Resealed.ShouldBe(0);
        ShouldAllOpen(given, "key-1");
    }

    private async Task<EncryptionKeyRotation> RotateAsync() =>
        (await new RotateEncryptionKeyHandler(_sealer, _store).Handle(new RotateEncryptionKey(), default)).Value;

    private async Task<Dictionary<CredentialScope, ClaudeCredential>> FillAsync(int count)
    {
        Dictionary<CredentialScope, ClaudeCredential> given = [];
        for (var i = 0; i < count; i++)
        {
            var scope = new CredentialScope(UserId.New(DateTimeOffset.UnixEpoch), null);
            given[scope] = new ClaudeCredential(ClaudeCredentialKind.ApiKey, new Secret($"value {i}"));
            await _store.SaveAsync(new StoredCredential(scope, DateTimeOffset.UnixEpoch, _sealer.Seal(scope, given[scope])), default);
        }

        return given;
    }

    private void ShouldAllOpen(Dictionary<CredentialScope, ClaudeCredential> given, string keyId)
    {
        foreach (var stored in _store.All.Where(stored => given.ContainsKey(stored.Scope)))
        {
            stored.Value.ShouldNotBeNull().KeyId.ShouldBe(keyId);
            _sealer.Open(stored.Scope, stored.Value).Value.ShouldBe(given[stored.Scope]);
        }
    }
}
