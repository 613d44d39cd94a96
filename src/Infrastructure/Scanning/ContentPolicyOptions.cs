using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Claudy.Infrastructure.Scanning;

/// <summary>What may be put into workspaces; beside where they are, under <c>Claudy:Workspaces</c>.</summary>
internal sealed class ContentPolicyOptions
{
    public const string Section = "Claudy:Workspaces";

    /// <summary>The built-in rules; <see cref="ContentPolicy.Standard"/> by default. ClamAV has a setting of its own.</summary>
    [EnumDataType(typeof(ContentPolicy), ErrorMessage = "Claudy:Workspaces:ContentPolicy must be Standard, Strict or Off.")]
    public ContentPolicy ContentPolicy { get; set; } = ContentPolicy.Standard;
}

/// <summary>Which of the built-in rules hold.</summary>
internal enum ContentPolicy
{
    /// <summary>No programs of an operating system, no malware test strings.</summary>
    Standard,

    /// <summary>Also no scripts, no hidden files, no patterns of harmful shell commands.</summary>
    Strict,

    /// <summary>None.</summary>
    Off,
}

[OptionsValidator]
internal sealed partial class ContentPolicyOptionsValidator : IValidateOptions<ContentPolicyOptions>;
