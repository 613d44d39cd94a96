using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Sandbox;

namespace Claudy.Infrastructure.Agents.Claude;

/// <summary>How the CLI is started, as data: its arguments and its whole environment, in the paths that it will see.</summary>
internal sealed record ClaudeCommandLine(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Stands where a key would: the API broker at the other end of the socket puts the real one in its place.</summary>
    internal const string PlaceholderKey = "placeholder-the-broker-adds-the-real-one";

    private const string Unproxied = "localhost,127.0.0.1,::1";

    private static readonly string[] ProxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

    /// <summary>The command line of a launch.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="view">What will be seen.</param>
    /// <param name="beginAs">The id to begin under, when it is not the session's own.</param>
    internal static ClaudeCommandLine Build(AgentLaunch launch, SandboxView view, Guid? beginAs = null) =>
        new([.. ArgumentsOf(launch, view, beginAs ?? launch.SessionId.Value)], EnvironmentOf(view, view.PathOf(launch.ApiSocketPath)));

    private static IEnumerable<string> ArgumentsOf(AgentLaunch launch, SandboxView view, Guid beginAs)
    {
        var settings = launch.Settings;
        yield return "-p";
        yield return "--input-format=stream-json";
        yield return "--output-format=stream-json";
        yield return "--verbose";
        yield return "--include-partial-messages";
        yield return "--permission-prompt-tool=stdio";

        // Without these two a workspace's own files could run hooks and MCP servers, redirect requests and grant permissions.
        yield return "--setting-sources=";
        yield return "--strict-mcp-config";

        yield return $"--permission-mode={ClaudePermissionModes.ToName(settings.PermissionMode)}";
        if (settings.PermissionMode == PermissionMode.BypassPermissions)
            yield return "--allow-dangerously-skip-permissions";
        if (settings.Model is { Length: > 0 } model)
            yield return $"--model={model}";
        if (ClaudeLaunchSettings.AtStart(launch, hasProxy: view.Proxy is not null) is { IsEmpty: false })
            yield return $"--settings={ClaudeSettingsFile.PathIn(view)}";
        yield return launch.ResumeAgentSessionId is { } resumed ? $"--resume={resumed:D}" : $"--session-id={beginAs:D}";
    }

    private static Dictionary<string, string> EnvironmentOf(SandboxView view, string socket)
    {
        var environment = BasicEnvironment(view, socket);
        if (view.Proxy is { } proxy)
        {
            // Some programs read the one spelling, some the other. The CLI's own requests keep to its socket all the same.
            foreach (var name in ProxyVariables)
                (environment[name], environment[name.ToLowerInvariant()]) = (proxy, proxy);
            (environment["NO_PROXY"], environment["no_proxy"]) = (Unproxied, Unproxied);
        }

        return environment;
    }

    private static Dictionary<string, string> BasicEnvironment(SandboxView view, string socket) => new(StringComparer.Ordinal)
    {
        ["HOME"] = view.Home,
        ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ["LANG"] = "C.UTF-8",
        ["TMPDIR"] = view.Temporary,
        ["CLAUDE_CODE_TMPDIR"] = view.Temporary,

        // The socket is only used for a plain address; for the default one the CLI tries TLS over it and fails.
        ["ANTHROPIC_UNIX_SOCKET"] = socket,
        ["ANTHROPIC_BASE_URL"] = "http://localhost",
        ["ANTHROPIC_API_KEY"] = PlaceholderKey,

        ["DISABLE_AUTOUPDATER"] = "1",
        ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",

        // Keeps in the home what files were before the CLI's own tools change them, which is what rewind_files needs.
        ["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"] = "true",
    };
}
