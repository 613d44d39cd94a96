using Claudy.Application.Credentials.Ports;

namespace Claudy.WebApi.Cli.Doctor;

/// <summary>With whose key Claude is asked.</summary>
internal static class CredentialCheck
{
    private const string Fix = "Set ANTHROPIC_API_KEY for the whole server, or let each user give a key with a session.";

    public static Finding Run(CredentialSource source) => source switch
    {
        CredentialSource.Server => new Finding("Credential", Severity.Ok, "the server's own, for all sessions"),
        CredentialSource.Demo => new Finding("Credential", Severity.Warning, "none: the built-in demo model answers", Fix),
        _ => new Finding("Credential", Severity.Warning, "none: a session needs a key of its user's own", Fix),
    };
}
