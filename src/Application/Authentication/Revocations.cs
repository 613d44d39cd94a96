using System.Collections.Concurrent;
using Claudy.Application.Authentication.Ports;
using Claudy.Domain.Users;

namespace Claudy.Application.Authentication;

/// <summary>
/// What was revoked lately, in memory: an access token cannot be called back, so its sign-in is remembered here for as long
/// as any token of it could hold. <see cref="SignInUpkeep"/> fills it from the store, at the start and again and again.
/// </summary>
public sealed class Revocations(IEnumerable<IOpenConnections> connections, TimeProvider time)
{
    /// <summary>How long a revocation is remembered: an access token's life, the skew of the clocks that make, revoke and check it, and some.</summary>
    internal static readonly TimeSpan Memory = AccessToken.Lifetime + (3 * AccessToken.ClockSkew) + TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Grant, DateTimeOffset> _revoked = new();

    /// <summary>How many are remembered.</summary>
    internal int Count => _revoked.Count;

    /// <summary>Whether a sign-in or token was revoked.</summary>
    public bool IsRevoked(Grant grant) => _revoked.ContainsKey(grant);

    /// <summary>Remembers a revocation, and closes the connections that are open by what was revoked.</summary>
    internal void Add(Grant grant)
    {
        // Remembered first: a connection that is being opened looks here after it can be found.
        if (_revoked.TryAdd(grant, time.GetUtcNow()))
        {
            foreach (var open in connections)
            {
                open.Close(grant);
            }
        }
    }

    /// <summary>Forgets what no token can need any more.</summary>
    internal void Forget()
    {
        var before = time.GetUtcNow() - (2 * Memory);
        foreach (var entry in _revoked)
        {
            if (entry.Value < before)
            {
                _revoked.TryRemove(entry);
            }
        }
    }
}
