namespace Claudy.Domain.Usage;

/// <summary>What each model costs: the first pattern that fits.</summary>
/// <remarks>
/// <see cref="BuiltIn"/> has Anthropic's list prices as they were when this version was made; prices change without asking, so
/// the operator checks them and puts right what differs (<c>Claudy:Usage:Prices</c>).
/// </remarks>
/// <param name="overrides">Looked at before the built-in ones.</param>
public sealed class PriceList(IEnumerable<(string Pattern, ModelPrice Price)> overrides)
{
    /// <summary>List prices by family; exceptions stand before what they are exceptions from.</summary>
    public static IReadOnlyList<(string Pattern, ModelPrice Price)> BuiltIn { get; } =
    [
        ("claude-opus-4-0*", new(15, 75)),
        ("claude-opus-4-1*", new(15, 75)),
        ("claude-opus-4-2025*", new(15, 75)),
        ("claude-3-opus*", new(15, 75)),
        ("claude-opus-4-*", new(5, 25)),
        ("claude-sonnet-4*", new(3, 15)),
        ("claude-3-7-sonnet*", new(3, 15)),
        ("claude-3-5-sonnet*", new(3, 15)),
        ("claude-haiku-4-5*", new(1, 5)),
        ("claude-3-5-haiku*", new(0.80m, 4)),
        ("claude-3-haiku*", new(0.25m, 1.25m) { CacheWrite = 0.30m, LongCacheWrite = 0.50m, CacheRead = 0.03m }),
    ];

    private readonly (string Pattern, ModelPrice Price)[] _entries = [.. overrides, .. BuiltIn];

    /// <summary>The model's price; null when no pattern fits.</summary>
    public ModelPrice? Find(string model) => Array.Find(_entries, entry => ModelPattern.Matches(entry.Pattern, model)).Price;
}
