using System.ComponentModel.DataAnnotations;
using Claudy.Domain.Usage;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Usage;

/// <summary>What tokens cost, under <c>Claudy:Usage</c>.</summary>
public sealed class UsageOptions
{
    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "Claudy:Usage";

    /// <summary>Prices that go before the built-in ones of <see cref="PriceList"/>; the first whose pattern fits a model holds.</summary>
    [ValidateEnumeratedItems]
    public IList<PriceSetting> Prices { get; } = [];

    /// <summary>What budgets reckon with for a million tokens read, in US dollars, when a model has no price.</summary>
    [Range(0, 10_000)]
    public decimal FallbackInput { get; set; } = 15;

    /// <summary>What budgets reckon with for a million tokens written, in US dollars, when a model has no price.</summary>
    [Range(0, 10_000)]
    public decimal FallbackOutput { get; set; } = 75;
}

/// <summary>The price of some models, in US dollars for a million tokens; what is left out follows from <see cref="Input"/> as with Anthropic's own models.</summary>
public sealed class PriceSetting
{
    /// <summary>Which models; <c>*</c> stands for any characters.</summary>
    [Required]
    public string Model { get; set; } = "";

    /// <summary>Tokens read without a cache.</summary>
    [Required]
    [Range(0, 10_000)]
    public decimal? Input { get; set; }

    /// <summary>Tokens written.</summary>
    [Required]
    [Range(0, 10_000)]
    public decimal? Output { get; set; }

    /// <summary>Tokens written into the cache of five minutes.</summary>
    [Range(0, 10_000)]
    public decimal? CacheWrite { get; set; }

    /// <summary>Tokens written into the cache of an hour.</summary>
    [Range(0, 10_000)]
    public decimal? LongCacheWrite { get; set; }

    /// <summary>Tokens read from a cache.</summary>
    [Range(0, 10_000)]
    public decimal? CacheRead { get; set; }

    /// <summary>A thousand searches that the API makes.</summary>
    [Range(0, 10_000)]
    public decimal? WebSearches { get; set; }

    internal ModelPrice ToPrice()
    {
        var price = new ModelPrice(Input!.Value, Output!.Value);
        return price with
        {
            CacheWrite = CacheWrite ?? price.CacheWrite,
            LongCacheWrite = LongCacheWrite ?? price.LongCacheWrite,
            CacheRead = CacheRead ?? price.CacheRead,
            WebSearches = WebSearches ?? price.WebSearches,
        };
    }
}

[OptionsValidator]
internal sealed partial class UsageOptionsValidator : IValidateOptions<UsageOptions>;
