using Claudy.Application.Audit;
using Claudy.Application.Credentials.Ports;
using Claudy.Domain.Shared;
using MediatR;

namespace Claudy.Application.Credentials;

/// <summary>
/// Makes a new encryption key and seals every stored credential under it. What a rotation left behind that was cut short, or
/// what is sealed under a key that the operator replaced, is finished first, without another new key.
/// </summary>
/// <remarks>Never offered over the network: it is for <c>claudy keys rotate-encryption</c>. The server may run meanwhile.</remarks>
public sealed record RotateEncryptionKey : IRequest<Result<EncryptionKeyRotation>>, IAudited<Result<EncryptionKeyRotation>>
{
    /// <inheritdoc/>
    public AuditAct Act => new("keys.encryption_rotated") { IsCritical = true };

    /// <inheritdoc/>
    public AuditAct ActOf(Result<EncryptionKeyRotation> response) => Act with { Target = response.Value.KeyId };
}

/// <summary>What a rotation did.</summary>
/// <param name="KeyId">The key that seals from now on.</param>
/// <param name="IsNew">Whether it was made for this.</param>
/// <param name="Resealed">How many values were sealed anew.</param>
/// <param name="Unreadable">How many are sealed under a key that is not here, or are damaged; they stay as they are.</param>
/// <param name="Dropped">Keys under which nothing is left and that are gone.</param>
public sealed record EncryptionKeyRotation(string KeyId, bool IsNew, int Resealed, int Unreadable, IReadOnlyList<string> Dropped);

internal sealed class RotateEncryptionKeyHandler(ICredentialSealer sealer, ISealedCredentialStore store)
    : IRequestHandler<RotateEncryptionKey, Result<EncryptionKeyRotation>>
{
    private const int Page = 100;

    public async Task<Result<EncryptionKeyRotation>> Handle(RotateEncryptionKey request, CancellationToken cancellationToken)
    {
        var isNew = (await OldKeysAsync(cancellationToken)).Count == 0 && sealer.TryRenewKey();
        var (resealed, unreadable) = (0, 0);
        foreach (var keyId in await OldKeysAsync(cancellationToken))
        {
            var (sealedAnew, left) = await ResealAsync(keyId, cancellationToken);
            resealed += sealedAnew;
            unreadable += left;
        }

        var counts = await store.CountByKeyAsync(cancellationToken);
        unreadable += counts.Where(count => !sealer.Knows(count.Key)).Sum(count => count.Value);
        var dropped = sealer.DropKeysExcept([.. counts.Keys]);
        return new EncryptionKeyRotation(sealer.CurrentKeyId, isNew, resealed, unreadable, dropped);
    }

    private async Task<List<string>> OldKeysAsync(CancellationToken cancellationToken) =>
        [.. (await store.CountByKeyAsync(cancellationToken)).Keys.Where(keyId => keyId != sealer.CurrentKeyId && sealer.Knows(keyId))];

    private async Task<(int Resealed, int Unreadable)> ResealAsync(string keyId, CancellationToken cancellationToken)
    {
        var (resealed, unreadable) = (0, 0);
        while (await store.ListAsync(keyId, unreadable + Page, cancellationToken) is var page && page.Count > unreadable)
        {
            // Those that do not open stay, and are the first of every page.
            foreach (var stored in page.Skip(unreadable).ToList())
            {
                var opened = sealer.Open(stored.Scope, stored.Value!);
                if (!opened.IsSuccess)
                {
                    unreadable++;
                }
                else if (await store.ReplaceAsync(stored, sealer.Seal(stored.Scope, opened.Value), cancellationToken))
                {
                    resealed++;
                }
            }
        }

        return (resealed, unreadable);
    }
}
