using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Domain.Shared;
using Claudy.Domain.Users;

namespace Claudy.Application.Credentials;

/// <summary>The credentials that users give: held in memory, and stored as well when they ask for it.</summary>
internal sealed class UserCredentials(ICredentialVault vault, ICredentialSealer sealer, ISealedCredentialStore store, TimeProvider time) : IDisposable
{
    // What is being forgotten must not come back through someone who has just read it.
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Keeps a credential in place of the one that was there, which leaves the store too.</summary>
    /// <param name="scope">What it is for.</param>
    /// <param name="credential">The credential.</param>
    /// <param name="isRemembered">Whether it is stored.</param>
    /// <param name="cancellationToken">Gives up waiting for the store.</param>
    /// <exception cref="StoreUnavailableException">Nothing changed.</exception>
    public async Task KeepAsync(CredentialScope scope, ClaudeCredential credential, bool isRemembered, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (isRemembered)
        {
            await StoreAsync(scope, credential, now, cancellationToken);
        }
        else if (scope.Session is { } session)
        {
            await store.DeleteAsync(session, cancellationToken);
        }
        else
        {
            // A session's settings say that it has a key of its own; of a user this does, after a restart.
            await store.SaveAsync(new StoredCredential(scope, now, null), cancellationToken);
        }

        vault.Keep(scope, new HeldCredential(credential, now, isRemembered));
    }

    /// <summary>Forgets a session's own credential.</summary>
    /// <exception cref="StoreUnavailableException">It is forgotten in memory only.</exception>
    public async Task ForgetAsync(SessionId session, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        vault.Forget(session);
        await store.DeleteAsync(session, cancellationToken);
    }

    /// <summary>Forgets the credential for all of a user's sessions.</summary>
    /// <exception cref="StoreUnavailableException">It is forgotten in memory only.</exception>
    public async Task ForgetAsync(UserId user, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        vault.Forget(user);
        await store.DeleteAsync(user, cancellationToken);
    }

    /// <summary>Makes a session's credential ready for its requests, from the store where that has it.</summary>
    /// <returns>Success; <c>CLAUDE_003</c> when there is none or it was lost, <c>CLAUDE_008</c> when the stored one does not open.</returns>
    public async Task<Result> ReadyAsync(UserId owner, SessionId session, bool bringsOwn, CancellationToken cancellationToken)
    {
        if (bringsOwn)
        {
            var own = await RecallAsync(new CredentialScope(owner, session), cancellationToken);
            if (!own.IsSuccess)
            {
                return own.Error;
            }

            return own.Value is null ? AgentErrors.CredentialMissing(wasLost: true) : Result.Success();
        }

        var users = await RecallAsync(new CredentialScope(owner, null), cancellationToken);
        if (!users.IsSuccess)
        {
            return users.Error;
        }

        return users.Value is not null || vault.DefaultSource != CredentialSource.None
            ? Result.Success()
            : AgentErrors.CredentialMissing(wasLost: false);
    }

    /// <summary>What a session's requests get right now; null where there is nothing.</summary>
    public ClaudeCredential? For(UserId owner, SessionId session) => vault.For(owner, session);

    /// <summary>What is kept for exactly that; null for nothing.</summary>
    /// <returns>What can be told of it, or why it cannot be used: <c>CLAUDE_003</c> when it was lost, <c>CLAUDE_008</c> when it does not open.</returns>
    public async Task<Result<HeldCredential?>> RecallAsync(CredentialScope scope, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        var held = vault.Find(scope);
        if (await store.FindAsync(scope, cancellationToken) is not { } stored)
        {
            if (held is { IsStored: true })
            {
                // Another node forgot it.
                Forget(scope);
                held = null;
            }

            return held;
        }

        if (stored.Value is not { } value)
        {
            return held is null ? AgentErrors.CredentialLost() : held;
        }

        var opened = sealer.Open(scope, value);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        held = new HeldCredential(opened.Value, stored.GivenAt, IsStored: true);
        vault.Keep(scope, held);
        return held;
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Turn> TurnAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        return new Turn(_gate);
    }

    private async Task StoreAsync(CredentialScope scope, ClaudeCredential credential, DateTimeOffset now, CancellationToken cancellationToken)
    {
        SealedValue value;
        do
        {
            value = sealer.Seal(scope, credential);
            await store.SaveAsync(new StoredCredential(scope, now, value), cancellationToken);
        }
        while (value.KeyId != sealer.CurrentKeyId); // The key was renewed meanwhile, and the old one may be gone already.
    }

    private void Forget(CredentialScope scope)
    {
        if (scope.Session is { } session)
        {
            vault.Forget(session);
        }
        else
        {
            vault.Forget(scope.Owner);
        }
    }

    private readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
