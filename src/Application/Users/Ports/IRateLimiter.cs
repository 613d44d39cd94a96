namespace Claudy.Application.Users.Ports;

/// <summary>How often somebody may do something, over all nodes: a token bucket for each key, full at first.</summary>
public interface IRateLimiter
{
    /// <summary>Takes one token from the bucket of a key.</summary>
    /// <param name="key">What is counted, such as an address; different kinds of things have different prefixes.</param>
    /// <param name="limit">How large the bucket is and how fast it fills; the same at every call for one key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Zero when there was one, else how long until there is; nothing is taken then.</returns>
    /// <remarks>Memory is bounded: of very many keys those not used for longest are forgotten, and are full again.</remarks>
    ValueTask<TimeSpan> TakeAsync(string key, RateLimit limit, CancellationToken cancellationToken);
}

/// <summary>A token bucket.</summary>
/// <param name="PerSecond">How many tokens come a second; above 0.</param>
/// <param name="Burst">How many there are at most, and at first; 1 or more.</param>
public readonly record struct RateLimit(double PerSecond, int Burst);
