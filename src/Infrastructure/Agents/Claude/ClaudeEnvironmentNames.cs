using System.Text.RegularExpressions;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>
/// The variables that a workspace may never set for Claude Code, approved or not: they would send requests elsewhere, disarm
/// what protects the session, or put other code in the place of the programs that are run.
/// </summary>
internal static partial class ClaudeEnvironmentNames
{
    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "HOME", "PATH", "SHELL", "USER", "TMPDIR", "TMP", "TEMP", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "CDPATH",
        "IS_SANDBOX", "USE_BUILTIN_RIPGREP", "SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GLIBC_TUNABLES",
        "GCONV_PATH", "LOCPATH", "HOSTALIASES", "RES_OPTIONS", "PERL5OPT", "PERL5LIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS",
        "EDITOR", "VISUAL", "PAGER",
    };

    private static readonly string[] RefusedPrefixes =
    [
        "ANTHROPIC_", "CLAUDE", "CLAUDY", "API_", "LD_", "DYLD_", "NODE_", "NPM_", "BUN_", "PYTHON", "GIT_", "XDG_", "OTEL_", "BASH_", "AWS_", "GOOGLE_",
        "GCLOUD_", "VERTEX_", "AZURE_", "MCP_", "DISABLE_", "ENABLE_", "FORCE_",
    ];

    /// <summary>Whether it is a name at all and may be set.</summary>
    internal static bool MayBeSet(string name) =>
        Name().IsMatch(name)
        && !Refused.Contains(name)
        && !name.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)
        && !RefusedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,255}\\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name();
}
