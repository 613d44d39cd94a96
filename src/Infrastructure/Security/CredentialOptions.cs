namespace Claudy.Infrastructure.Security;

/// <summary>What sessions without a key of their own run on; section <c>Claudy:Claude</c>.</summary>
public sealed class CredentialOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Claudy:Claude";

    /// <summary>The operator's API key for all sessions that bring none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The operator's bearer token for them; comes before <see cref="ApiKey"/>, as it does in Claude Code.</summary>
    public string? AuthToken { get; set; }

    /// <summary>Whether the demo model answers where there is no credential; when not said, outside production only.</summary>
    public bool? DemoModel { get; set; }
}
