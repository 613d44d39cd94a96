namespace Claudy.Domain.Usage;

/// <summary>What a model costs, in US dollars for a million tokens.</summary>
/// <param name="Input">Tokens read without a cache.</param>
/// <param name="Output">Tokens written.</param>
public sealed record ModelPrice(decimal Input, decimal Output)
{
    private const decimal Million = 1_000_000;

    /// <summary>Tokens written into the cache of five minutes; a quarter more than <see cref="Input"/> unless it is said.</summary>
    public decimal CacheWrite { get; init; } = Input * 1.25m;

    /// <summary>Tokens written into the cache of an hour; twice <see cref="Input"/> unless it is said.</summary>
    public decimal LongCacheWrite { get; init; } = Input * 2;

    /// <summary>Tokens read from a cache; a tenth of <see cref="Input"/> unless it is said.</summary>
    public decimal CacheRead { get; init; } = Input / 10;

    /// <summary>A thousand searches that the API makes.</summary>
    public decimal WebSearches { get; init; } = 10;

    /// <summary>What that costs in US dollars, to the millionth.</summary>
    public decimal CostOf(ApiUsage usage) => Money.Round(
        ((usage.InputTokens * Input)
            + (usage.OutputTokens * Output)
            + (usage.CacheWriteTokens * CacheWrite)
            + (usage.LongCacheWriteTokens * LongCacheWrite)
            + (usage.CacheReadTokens * CacheRead)
            + (usage.WebSearches * WebSearches * 1_000)) / Million);
}

/// <summary>US dollars are counted in whole millionths, so that sums are exact wherever they are made.</summary>
public static class Money
{
    private const int Digits = 6;
    private const decimal Micros = 1_000_000;

    /// <summary>To the nearest millionth.</summary>
    public static decimal Round(decimal usd) => Math.Round(usd, Digits, MidpointRounding.AwayFromZero);

    /// <summary>As millionths.</summary>
    public static long ToMicros(decimal usd) => (long)(Round(usd) * Micros);

    /// <summary>From millionths.</summary>
    public static decimal FromMicros(long micros) => micros / Micros;
}
