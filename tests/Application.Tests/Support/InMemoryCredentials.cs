using System.Collections.Concurrent;
using System.Text;
using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Tests.Support;

/// <summary>Stored credentials in memory.</summary>
internal sealed class InMemoryCredentials : ISealedCredentialStore
{
    private readonly ConcurrentDictionary<CredentialScope, StoredCredential> _stored = new();

    /// <summary>Called before each replacement.</summary>
    public Action OnReplace { get; set; } = () => { };

    public IReadOnlyCollection<StoredCredential> All => [.. _stored.Values];

    public Task SaveAsync(StoredCredential credential, CancellationToken cancellationToken)
    {
        _stored[credential.Scope] = credential;
        return Task.CompletedTask;
    }

    public Task<StoredCredential?> FindAsync(CredentialScope scope, CancellationToken cancellationToken) => Task.FromResult(_stored.GetValueOrDefault(scope));

    public Task DeleteAsync(SessionId session, CancellationToken cancellationToken) => DeleteAsync(scope => scope.Session == session);

    public Task DeleteAsync(UserId user, CancellationToken cancellationToken) => DeleteAsync(scope => scope == new CredentialScope(user, null));

    public Task<int> DeleteOrphansAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    public Task<IReadOnlyDictionary<string, int>> CountByKeyAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyDictionary<string, int>>(
        All.Where(stored => stored.Value is not null).GroupBy(stored => stored.Value!.KeyId, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal));

    public Task<IReadOnlyList<StoredCredential>> ListAsync(string keyId, int limit, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StoredCredential>>(
        [.. All.Where(stored => stored.Value?.KeyId == keyId).OrderBy(stored => stored.Scope.ToString(), StringComparer.Ordinal).Take(limit)]);

    public Task<bool> ReplaceAsync(StoredCredential old, SealedValue value, CancellationToken cancellationToken)
    {
        OnReplace();
        return Task.FromResult(_stored.TryUpdate(old.Scope, old with { Value = value }, old));
    }

    private Task DeleteAsync(Func<CredentialScope, bool> fits)
    {
        foreach (var scope in _stored.Keys.Where(fits))
        {
            _stored.TryRemove(scope, out _);
        }

        return Task.CompletedTask;
    }
}

/// <summary>Seals by writing down the key, the scope and the value.</summary>
internal sealed class PlainSealer : ICredentialSealer
{
    private readonly List<string> _keys = ["key-1"];
    private int _made = 1;

    /// <summary>Called after each sealing.</summary>
    public Action OnSeal { get; set; } = () => { };

    public bool MayRenew { get; set; } = true;

    public IReadOnlyList<string> Keys => _keys;

    public string CurrentKeyId => _keys[^1];

    public bool Knows(string keyId) => _keys.Contains(keyId, StringComparer.Ordinal);

    public SealedValue Seal(CredentialScope scope, ClaudeCredential credential)
    {
        var value = new SealedValue(CurrentKeyId, Encoding.UTF8.GetBytes($"{CurrentKeyId}|{scope}|{credential.Kind}|{credential.Value.Reveal()}"));
        OnSeal();
        return value;
    }

    public Result<ClaudeCredential> Open(CredentialScope scope, SealedValue value) =>
        Encoding.UTF8.GetString(value.Bytes).Split('|') is [var key, var of, var kind, var text] && of == scope.ToString() && Knows(key)
            ? new ClaudeCredential(Enum.Parse<ClaudeCredentialKind>(kind), new Secret(text))
            : AgentErrors.CredentialUnreadable(value.KeyId);

    public bool TryRenewKey()
    {
        if (MayRenew)
        {
            _keys.Add($"key-{++_made}");
        }

        return MayRenew;
    }

    public IReadOnlyList<string> DropKeysExcept(IReadOnlyCollection<string> inUse)
    {
        var dropped = _keys.Where(key => key != CurrentKeyId && !inUse.Contains(key, StringComparer.Ordinal)).ToList();
        _keys.RemoveAll(key => dropped.Contains(key, StringComparer.Ordinal));
        return dropped;
    }

    public void Lose(string keyId) => _keys.Remove(keyId);
}

/// <summary>Holds credentials as they are.</summary>
internal sealed class PlainVault : ICredentialVault
{
    private readonly ConcurrentDictionary<CredentialScope, HeldCredential> _held = new();

    public CredentialSource DefaultSource { get; set; } = CredentialSource.Server;

    public ClaudeCredential? Server { get; set; }

    public void Keep(CredentialScope scope, HeldCredential credential) => _held[scope] = credential;

    public void Forget(SessionId session) => Forget(scope => scope.Session == session);

    public void Forget(UserId user) => Forget(scope => scope == new CredentialScope(user, null));

    public HeldCredential? Find(CredentialScope scope) => _held.GetValueOrDefault(scope);

    public ClaudeCredential? For(UserId owner, SessionId session) =>
        (Find(new CredentialScope(owner, session)) ?? Find(new CredentialScope(owner, null)))?.Credential ?? Server;

    private void Forget(Func<CredentialScope, bool> fits)
    {
        foreach (var scope in _held.Keys.Where(fits))
        {
            _held.TryRemove(scope, out _);
        }
    }
}
