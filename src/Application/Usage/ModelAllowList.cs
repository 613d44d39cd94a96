using Claudy.Domain.Usage;
using Microsoft.Extensions.Options;

namespace Claudy.Application.Usage;

/// <summary>Which models sessions may use, under <c>Claudy:Broker</c>.</summary>
public sealed class ModelOptions
{
    /// <summary>Where it is in the configuration.</summary>
    public const string Section = "Claudy:Broker";

    /// <summary>Models that requests may ask for; <c>*</c> stands for any characters. Empty for all.</summary>
    public IList<string> AllowedModels { get; } = [];
}

/// <summary>Judges models by <see cref="ModelOptions.AllowedModels"/>.</summary>
internal sealed class ModelAllowList(IOptions<ModelOptions> options)
{
    private static readonly string[] Families = ["opus", "sonnet", "haiku"];

    private readonly string[] _patterns = [.. options.Value.AllowedModels];

    /// <summary>Whether a request may ask for it.</summary>
    public bool Allows(string model) => _patterns.Length == 0 || Array.Exists(_patterns, pattern => ModelPattern.Matches(pattern, model));

    /// <summary>Whether it is worth while to choose it for a session: Claude Code's short names are judged by the requests that come of them.</summary>
    public bool MayChoose(string? chosen)
    {
        if (chosen is null)
        {
            return true;
        }

        // Claude Code's own mark for a long context; the API never sees it.
        var model = chosen.EndsWith("[1m]", StringComparison.OrdinalIgnoreCase) ? chosen[..^4] : chosen;
        var family = Array.Find(Families, name => name.Equals(model, StringComparison.OrdinalIgnoreCase));
        if (family is not null)
        {
            return _patterns.Length == 0 || Array.Exists(_patterns, pattern => CouldMean(pattern, family));
        }

        return Allows(model) || !model.Contains('-', StringComparison.Ordinal);
    }

    private static bool CouldMean(string pattern, string family) =>
        pattern.Contains(family, StringComparison.OrdinalIgnoreCase)
        || !Array.Exists(Families, other => pattern.Contains(other, StringComparison.OrdinalIgnoreCase));
}
