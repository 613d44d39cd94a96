namespace Claudy.Domain.Usage;

/// <summary>What requests to the API used, in the API's own figures.</summary>
/// <param name="InputTokens">Read without a cache.</param>
/// <param name="OutputTokens">Written.</param>
/// <param name="CacheWriteTokens">Written into the cache that lasts five minutes.</param>
/// <param name="LongCacheWriteTokens">Written into the cache that lasts an hour.</param>
/// <param name="CacheReadTokens">Read from a cache.</param>
/// <param name="WebSearches">Searches that the API made on its side.</param>
public readonly record struct ApiUsage(
    long InputTokens, long OutputTokens, long CacheWriteTokens, long LongCacheWriteTokens, long CacheReadTokens, long WebSearches)
{
    /// <summary>The sum of both.</summary>
    public static ApiUsage operator +(ApiUsage left, ApiUsage right) => new(
        left.InputTokens + right.InputTokens,
        left.OutputTokens + right.OutputTokens,
        left.CacheWriteTokens + right.CacheWriteTokens,
        left.LongCacheWriteTokens + right.LongCacheWriteTokens,
        left.CacheReadTokens + right.CacheReadTokens,
        left.WebSearches + right.WebSearches);
}
