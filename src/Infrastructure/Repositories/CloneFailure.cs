using Claudy.Application.Files.Ports;
using Claudy.Domain.Shared;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Processes;

namespace Claudy.Infrastructure.Repositories;

/// <summary>What git's end means to whoever asked.</summary>
internal static class CloneFailure
{
    private static readonly string[] NotFoundSigns =
    [
        "not found", "Authentication failed", "could not read Username", "could not read Password", "returned error: 401", "returned error: 403", "returned error: 404",
        "Access denied", "Invalid username or",
    ];

    private static readonly string[] NoRefSigns =
    [
        "not found in upstream", "couldn't find remote ref", "not our ref", "no such ref", "appear to be a git repository", "unadvertised object",
        "bad object", "Needed a single revision",
    ];

    private static readonly string[] UnreachableSigns =
    [
        "Could not resolve", "Couldn't resolve", "Failed to connect", "Connection refused", "Connection timed out", "Connection reset", "from proxy after CONNECT", "CONNECT tunnel failed",
        "SSL", "certificate", "TLS", "gnutls", "Operation too slow", "returned error: 5", "Empty reply",
    ];

    public static Error Of(RepositoryClone clone, ProcessExit exit, IReadOnlyList<string> lines)
    {
        if (exit.Exceeded is { } exceeded)
        {
            return RepositoryErrors.Failed(clone.Source, $"git used more than the limit of {exceeded.Resource.ToString().ToLowerInvariant()} of a session.");
        }

        if (exit.ExitCode == GitCommand.NoForwarder)
        {
            return RepositoryErrors.Unreachable(clone.Source, "the way from the sandbox to the network did not open.");
        }

        var said = lines.Where(line => !line.StartsWith("remote:", StringComparison.Ordinal)).ToList();
        if (Has(said, NoRefSigns))
        {
            return RepositoryErrors.RefNotFound(clone.Source);
        }

        if (Has(said, NotFoundSigns))
        {
            return RepositoryErrors.NotFound(clone.Source, clone.Token is not null);
        }

        var words = Words(clone, said.Count > 0 ? said : exit.ErrorTail.Split('\n'));
        return Has(said, UnreachableSigns) ? RepositoryErrors.Unreachable(clone.Source, words) : RepositoryErrors.Failed(clone.Source, words);
    }

    private static bool Has(List<string> lines, string[] signs) =>
        lines.Exists(line => signs.Any(sign => line.Contains(sign, StringComparison.OrdinalIgnoreCase)));

    private static string Words(RepositoryClone clone, IEnumerable<string> lines)
    {
        var words = lines.LastOrDefault(line => line.StartsWith("fatal:", StringComparison.Ordinal) || line.StartsWith("error:", StringComparison.Ordinal))
            ?? lines.LastOrDefault(line => line.Length > 0)
            ?? "git ended and said nothing.";
        return clone.Token is { } token ? token.RemoveFrom(words) : words;
    }
}
