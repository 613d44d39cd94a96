using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Anthropic;

/// <summary>Where the Messages API is, under <c>Claudy:Claude</c>.</summary>
internal sealed class AnthropicOptions
{
    public const string Section = "Claudy:Claude";

    /// <summary>The API's address, or a gateway's.</summary>
    [Required]
    [Url]
    public string BaseUrl { get; set; } = "https://api.anthropic.com";
}

[OptionsValidator]
internal sealed partial class AnthropicOptionsValidator : IValidateOptions<AnthropicOptions>;
