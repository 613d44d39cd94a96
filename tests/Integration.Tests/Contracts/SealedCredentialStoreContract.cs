using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Users;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Contracts;

/// <summary>What every store of sealed credentials must do.</summary>
public abstract class SealedCredentialStoreContract
{
    private readonly UserId _owner = TestSessions.NewUser();

    protected abstract ISealedCredentialStore Store { get; }

    protected abstract ISessionStore Sessions { get; }

    [Fact]
    public async Task FindAsync_WhenNothingIsStored_ShouldBeNull() => (await Store.FindAsync(new CredentialScope(_owner, null), default)).ShouldBeNull();

    [Fact]
    public async Task SaveAsync_ShouldKeepEachScopeByItself()
    {
        var session = TestSessions.NewId();
        var ofUser = await SaveAsync(new CredentialScope(_owner, null), "a", 1);
        var ofSession = await SaveAsync(new CredentialScope(_owner, session), "b", 2);
        var ofOther = await SaveAsync(new CredentialScope(TestSessions.NewUser(), null), "c", 3);

        foreach (var saved in new[] { ofUser, ofSession, ofOther })
        {
            ShouldBeSame(await Store.FindAsync(saved.Scope, default), saved);
        }

        (await Store.FindAsync(new CredentialScope(TestSessions.NewUser(), session), default)).ShouldBeNull();
    }

    [Fact]
    public async Task SaveAsync_WhenThereIsOne_ShouldReplaceIt()
    {
        var scope = new CredentialScope(_owner, null);
        await SaveAsync(scope, "a", 1);
        var marker = new StoredCredential(scope, TestSessions.Now.AddDays(1), null);

        await Store.SaveAsync(marker, default);

        (await Store.FindAsync(scope, default)).ShouldBe(marker);
        (await Store.CountByKeyAsync(default)).Keys.ShouldNotContain("a");
    }

    [Fact]
    public async Task DeleteAsync_ShouldRemoveThatOneAlone()
    {
        var session = TestSessions.NewId();
        var ofUser = new CredentialScope(_owner, null);
        var ofSession = new CredentialScope(_owner, session);
        await SaveAsync(ofUser, "a", 1);
        await SaveAsync(ofSession, "a", 2);

        await Store.DeleteAsync(session, default);
        (await Store.FindAsync(ofSession, default)).ShouldBeNull();
        (await Store.FindAsync(ofUser, default)).ShouldNotBeNull();

        await SaveAsync(ofSession, "a", 2);
        await Store.DeleteAsync(_owner, default);
        await Store.DeleteAsync(_owner, default);
        (await Store.FindAsync(ofSession, default)).ShouldNotBeNull();
        (await Store.FindAsync(ofUser, default)).ShouldBeNull();
    }

    [Fact]
    public async Task DeleteOrphansAsync_ShouldKeepThoseOfUsersAndOfLiveSessions()
    {
        var live = await AddAsync(SessionStatus.Hibernated);
        var terminated = await AddAsync(SessionStatus.Terminated);
        var deleting = await AddAsync(SessionStatus.Idle);
        await Sessions.MarkDeletingAsync(deleting, default);
        CredentialScope[] kept = [new(_owner, null), new(_owner, live)];
        CredentialScope[] removed = [new(_owner, terminated), new(_owner, deleting), new(_owner, TestSessions.NewId())];
        foreach (var scope in kept.Concat(removed))
        {
            await SaveAsync(scope, "a", 1);
        }

        (await Store.DeleteOrphansAsync(default)).ShouldBe(removed.Length);

        foreach (var scope in kept)
        {
            (await Store.FindAsync(scope, default)).ShouldNotBeNull();
        }

        foreach (var scope in removed)
        {
            (await Store.FindAsync(scope, default)).ShouldBeNull();
        }
    }

    [Fact]
    public async Task ListAsync_ShouldGiveThoseUnderTheKeyInAnOrderThatStays()
    {
        for (byte i = 0; i < 5; i++)
        {
            await SaveAsync(new CredentialScope(TestSessions.NewUser(), null), "many", i);
        }

        await SaveAsync(new CredentialScope(_owner, null), "other", 9);

        var all = await Store.ListAsync("many", 10, default);
        var some = await Store.ListAsync("many", 3, default);

        all.Count.ShouldBe(5);
        some.Select(stored => stored.Scope).ShouldBe(all.Take(3).Select(stored => stored.Scope));
        (await Store.CountByKeyAsync(default)).ShouldBe(new Dictionary<string, int> { ["many"] = 5, ["other"] = 1 }, ignoreOrder: true);
    }

    [Fact]
    public async Task ReplaceAsync_WhenTheOldOneIsStillThere_ShouldPutTheNewInItsPlace()
    {
        var old = await SaveAsync(new CredentialScope(_owner, TestSessions.NewId()), "a", 1);

        (await Store.ReplaceAsync(old, new SealedValue("b", [7]), default)).ShouldBeTrue();

        ShouldBeSame(await Store.FindAsync(old.Scope, default), old with { Value = new SealedValue("b", [7]) });
    }

    [Fact]
    public async Task ReplaceAsync_WhenItChangedOrIsGone_ShouldDoNothing()
    {
        var old = await SaveAsync(new CredentialScope(_owner, null), "a", 1);
        var changed = await SaveAsync(old.Scope, "a", 2);

        (await Store.ReplaceAsync(old, new SealedValue("b", [7]), default)).ShouldBeFalse();

        ShouldBeSame(await Store.FindAsync(old.Scope, default), changed);
        await Store.DeleteAsync(_owner, default);
        (await Store.ReplaceAsync(changed, new SealedValue("b", [7]), default)).ShouldBeFalse();
        (await Store.FindAsync(old.Scope, default)).ShouldBeNull();
    }

    private static void ShouldBeSame(StoredCredential? found, StoredCredential expected)
    {
        (found.ShouldNotBeNull() with { Value = expected.Value }).ShouldBe(expected);
        found.Value.ShouldNotBeNull().KeyId.ShouldBe(expected.Value!.KeyId);
        found.Value.Bytes.ShouldBe(expected.Value.Bytes);
    }

    private async Task<StoredCredential> SaveAsync(CredentialScope scope, string keyId, byte value)
    {
        var stored = new StoredCredential(scope, TestSessions.Now, new SealedValue(keyId, [value, 0, 255]));
        await Store.SaveAsync(stored, default);
        return stored;
    }

    private async Task<SessionId> AddAsync(SessionStatus status)
    {
        var session = TestSessions.Document(_owner, status: status);
        await Sessions.AddAsync(session, default);
        return session.Id;
    }
}
