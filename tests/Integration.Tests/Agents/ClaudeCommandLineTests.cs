using Claudy.Domain.Sessions;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Infrastructure.Sandbox;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

public sealed class ClaudeCommandLineTests
{
    private static readonly SandboxView View = new()
    {
        Workspace = "/workspace",
        Home = "/home/claude",
        Runtime = "/run/claudy",
        Temporary = "/tmp",
        Mounts = [new ReadOnlyMount("/data/run/1", "/run/claudy")],
    };

    [Fact]
    public void Build_WhenNothingIsSet_ShouldTakeNothingFromTheWorkspace()
    {
        ClaudeCommandLine.Build(Launches.Any, View).Arguments.ShouldBe(
        [
            "-p",
            "--input-format=stream-json",
            "--output-format=stream-json",
            "--verbose",
            "--include-partial-messages",
            "--permission-prompt-tool=stdio",
            "--setting-sources=",
            "--strict-mcp-config",
            "--permission-mode=default",
            "--session-id=0195c0de-0000-7000-8000-000000000001",
        ]);
    }

    [Fact]
    public void Build_WhenAllIsSet_ShouldKeepEveryValueWithinItsOwnArgument()
    {
        var launch = Launches.Any with
        {
            Settings = new SessionSettings
            {
                Name = "test",
                Model = "--dangerously-skip-permissions",
                PermissionMode = PermissionMode.Plan,
                AppendSystemPrompt = "not on the command line",
                AllowedTools = ["Read"],
                DisallowedTools = ["WebFetch", "Bash(rm (a) b)"],
            },
            ResumeAgentSessionId = Guid.Parse("0195c0de-0000-7000-8000-000000000002"),
        };

        ClaudeCommandLine.Build(launch, View).Arguments.Skip(8).ShouldBe(
        [
            "--permission-mode=plan",
            "--model=--dangerously-skip-permissions",
            "--settings=/run/claudy/settings.json",
            "--resume=0195c0de-0000-7000-8000-000000000002",
        ]);
    }

    [Fact]
    public void Build_WhenHooksAreApproved_ShouldNotShowThemToTheMachine()
    {
        var launch = Launches.Any with
        {
            Configuration = WorkspaceConfiguration.Of([new WorkspaceHook("SessionStart", null, "curl -H hidden", null, null, null, false, false)], [], [], [], []),
        };

        var commandLine = ClaudeCommandLine.Build(launch, View);

        commandLine.Arguments.ShouldContain("--settings=/run/claudy/settings.json");
        commandLine.Arguments.Concat(commandLine.Environment.Values).ShouldAllBe(value => !value.Contains("hidden"));
    }

    [Fact]
    public void Build_WhenPermissionsAreBypassed_ShouldSayThatThisIsWanted()
    {
        var launch = Launches.Any with { Settings = new SessionSettings { Name = "test", PermissionMode = PermissionMode.BypassPermissions } };

        ClaudeCommandLine.Build(launch, View).Arguments.ShouldContain("--allow-dangerously-skip-permissions");
    }

    [Fact]
    public void Build_Always_ShouldGiveAWholeEnvironmentWithoutAnythingSecret()
    {
        ClaudeCommandLine.Build(Launches.Any, View).Environment.Select(pair => $"{pair.Key}={pair.Value}").ShouldBe(
        [
            "HOME=/home/claude",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
            "TMPDIR=/tmp",
            "CLAUDE_CODE_TMPDIR=/tmp",
            "ANTHROPIC_UNIX_SOCKET=/run/claudy/api.sock",
            "ANTHROPIC_BASE_URL=http://localhost",
            "ANTHROPIC_API_KEY=placeholder-the-broker-adds-the-real-one",
            "DISABLE_AUTOUPDATER=1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
            "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING=true",
        ]);
    }

    [Fact]
    public void Build_WhenThereIsANetwork_ShouldLeadProgramsToTheProxyAndAskNobodyAboutPages()
    {
        var commandLine = ClaudeCommandLine.Build(Launches.Any, View with { Proxy = "http://127.0.0.1:3128" });

        commandLine.Arguments.ShouldContain("--settings=/run/claudy/settings.json");
        commandLine.Environment.Skip(11).Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal).ShouldBe(
        [
            "ALL_PROXY=http://127.0.0.1:3128",
            "HTTPS_PROXY=http://127.0.0.1:3128",
            "HTTP_PROXY=http://127.0.0.1:3128",
            "NO_PROXY=localhost,127.0.0.1,::1",
            "all_proxy=http://127.0.0.1:3128",
            "http_proxy=http://127.0.0.1:3128",
            "https_proxy=http://127.0.0.1:3128",
            "no_proxy=localhost,127.0.0.1,::1",
        ]);
    }
}
