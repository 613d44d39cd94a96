using System.Text.Json;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>A line that is not for the session's reader but for the channel to the CLI.</summary>
internal abstract record ClaudeControl
{
    /// <summary>The CLI answers a control request of ours.</summary>
    /// <param name="RequestId">Our id.</param>
    /// <param name="Payload">What it says; null when it says nothing.</param>
    /// <param name="Error">Why it refused, or null.</param>
    internal sealed record Answer(string RequestId, JsonElement? Payload, string? Error) : ClaudeControl;

    /// <summary>The CLI asks for something that Claudy does not offer; it waits until it is told so.</summary>
    internal sealed record Unsupported(string RequestId, string Subtype) : ClaudeControl;

    /// <summary>The API refused the credential. The CLI would try again for three minutes; it must be interrupted.</summary>
    internal sealed record CredentialRefused : ClaudeControl
    {
        internal static readonly CredentialRefused Instance = new();
    }
}
