using System.Globalization;
using Claudy.Application.Files.Ports;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Processes;
using Claudy.Infrastructure.Sandbox;

namespace Claudy.Infrastructure.Repositories;

/// <summary>The command that fetches a repository, as it runs inside a sandbox.</summary>
internal static class GitCommand
{
    /// <summary>What it ends with when the way to the network did not open.</summary>
    public const int NoForwarder = 97;

    // What it is given stands in its arguments and is never parsed. The token is in neither of them nor in the environment: it
    // comes on standard input, which becomes the descriptor that the credential helper reads, and is a pipe.
    private const string Script = """
        exec 8<&0 </dev/null 2>&1
        git=$1 url=$2 ref=$3 commit=$4 port=$5 tries=0
        while [ -n "$port" ] && ! grep -q ":$port 00000000:0000 0A" /proc/net/tcp; do
          tries=$((tries + 1)); [ $tries -le 200 ] || exit 97; sleep 0.05
        done
        if [ -n "$commit" ]; then
          "$git" init --quiet --template= . &&
          "$git" remote add origin "$url" &&
          "$git" fetch --progress --depth=1 --no-tags origin "$commit" &&
          "$git" checkout --progress --detach FETCH_HEAD
        else
          "$git" clone --progress --depth=1 --single-branch --no-tags --no-recurse-submodules --template= ${ref:+"--branch=$ref"} -- "$url" .
        fi && exec "$git" rev-parse --verify HEAD
        """;

    private const string CredentialHelper = "!f() { test \"$1\" = get && cat <&8; }; f";

    /// <param name="git">Git's path inside.</param>
    /// <param name="clone">What is to be fetched.</param>
    /// <param name="view">How things look inside.</param>
    /// <param name="certificates">The path inside of the certificates to trust; null for the system's.</param>
    public static ProcessSpec Build(string git, RepositoryClone clone, SandboxView view, string? certificates)
    {
        var source = clone.Source;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = view.Home,
            ["TMPDIR"] = view.Temporary,
            ["LC_ALL"] = "C",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_ALLOW_PROTOCOL"] = "https",
            ["GIT_LFS_SKIP_SMUDGE"] = "1",
        };
        if (certificates is not null)
        {
            environment["GIT_SSL_CAINFO"] = certificates;
        }

        Configure(environment, Settings(clone, view));
        return new ProcessSpec
        {
            FileName = "/bin/sh",
            Arguments = ["-c", Script, "sh", git, source.Url, BranchOf(source), source.IsCommit ? source.Ref! : "", PortOf(view)],
            Environment = environment,
            WorkingDirectory = view.Workspace,
            EndsLinesAtReturns = true,
        };
    }

    private static IEnumerable<(string Key, string Value)> Settings(RepositoryClone clone, SandboxView view)
    {
        yield return ("core.hooksPath", "/dev/null");
        yield return ("core.fsmonitor", "false");
        yield return ("init.templateDir", "");
        yield return ("init.defaultBranch", "main");
        yield return ("submodule.recurse", "false");
        yield return ("advice.detachedHead", "false");
        yield return ("gc.auto", "0");
        yield return ("maintenance.auto", "false");
        yield return ("http.lowSpeedLimit", "100");
        yield return ("http.lowSpeedTime", "60");
        yield return ("credential.helper", "");
        if (view.Proxy is { } proxy)
        {
            yield return ("http.proxy", proxy);
        }

        if (clone.Token is not null)
        {
            // For this host alone: whoever it sends us on to does not get it.
            yield return ($"credential.{clone.Source.Origin}.helper", CredentialHelper);
        }
    }

    // By variables, so that they hold for every git that this one starts.
    private static void Configure(Dictionary<string, string> environment, IEnumerable<(string Key, string Value)> settings)
    {
        var count = 0;
        foreach (var (key, value) in settings)
        {
            environment[string.Create(CultureInfo.InvariantCulture, $"GIT_CONFIG_KEY_{count}")] = key;
            environment[string.Create(CultureInfo.InvariantCulture, $"GIT_CONFIG_VALUE_{count}")] = value;
            count++;
        }

        environment["GIT_CONFIG_COUNT"] = count.ToString(CultureInfo.InvariantCulture);
    }

    private static string BranchOf(RepositorySource source) => source is { IsCommit: false, Ref: { } branch } ? branch : "";

    // As /proc/net/tcp has it.
    private static string PortOf(SandboxView view) =>
        view.Proxy is { } proxy ? new Uri(proxy).Port.ToString("X4", CultureInfo.InvariantCulture) : "";
}
