using System.Text;
using Claudy.Domain.Sessions;
using Claudy.Domain.Workspaces;
using Claudy.Infrastructure.Agents.Claude;
using Claudy.Integration.Tests.Files;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Agents;

public sealed class ClaudeWorkspaceReaderTests : IDisposable
{
    private const string Settings = ".claude/settings.json";
    private readonly TestWorkspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Read_WhenThereIsNothing_ShouldBeEmpty()
    {
        var configuration = await ReadAsync();

        configuration.IsEmpty().ShouldBeTrue();
        configuration.Ignored.ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_ShouldTakeHooksVariablesServersAndInstructions()
    {
        await _workspace.WriteAsync(Settings, """
            // comments and trailing commas are taken as Claude Code takes them
            {"$schema":"x","hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"a","timeout":2.5,"if":"Bash(ls)","once":true,"async":true,"statusMessage":"…"}]}],
             "Stop":[{"hooks":[{"type":"command","command":"b","args":["c d"]}]}]},"env":{"B":"1","A":"2"},}
            """);
        await _workspace.WriteAsync(".claude/settings.local.json", """{"env":{"B":"3"},"hooks":{"Stop":[{"hooks":[{"type":"command","command":"local"}]}]}}""");
        await _workspace.WriteAsync(".mcp.json", """
            {"mcpServers":{"s":{"command":"run","args":["${HOME}"],"env":{"K":"v"}},"h":{"type":"http","url":"https://mcp.example/","headers":{"X":"y"}}}}
            """);
        await _workspace.WriteAsync("CLAUDE.md", "\uFEFFBe kind.");
        await _workspace.WriteAsync("CLAUDE.local.md", "   \n");

        var configuration = await ReadAsync();

        configuration.Hooks.Select(h => $"{h.Event} {h.Matcher} {h.Command} {string.Join('|', h.Args ?? ["-"])} {h.If} {h.TimeoutSeconds} {h.Once} {h.IsAsync}").ShouldBe(
            ["PreToolUse Bash a - Bash(ls) 2.5 True True", "Stop  b c d   False False", "Stop  local -   False False"]);
        configuration.Environment.Select(e => $"{e.Name}={e.Value}").ShouldBe(["A=2", "B=3"]);
        configuration.McpServers.Select(s => $"{s.Name} {s.Transport} {s.Command}{s.Url}").ShouldBe(["h Http https://mcp.example/", "s Stdio run"]);
        configuration.McpServers[1].Args.ShouldBe(["${HOME}"]);
        configuration.Instructions.ShouldBe([new WorkspaceInstructions("CLAUDE.md", "Be kind.")]);
        configuration.Ignored.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ANTHROPIC_BASE_URL")]
    [InlineData("anthropic_base_url")]
    [InlineData("ANTHROPIC_API_KEY")]
    [InlineData("CLAUDE_CODE_USE_BEDROCK")]
    [InlineData("CLAUDE_CONFIG_DIR")]
    [InlineData("HTTPS_PROXY")]
    [InlineData("http_proxy")]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("LD_PRELOAD")]
    [InlineData("NODE_OPTIONS")]
    [InlineData("BUN_OPTIONS")]
    [InlineData("NODE_EXTRA_CA_CERTS")]
    [InlineData("BASH_ENV")]
    [InlineData("GIT_SSH_COMMAND")]
    [InlineData("PYTHONPATH")]
    [InlineData("DISABLE_AUTOUPDATER")]
    [InlineData("IS_SANDBOX")]
    [InlineData("A=B")]
    [InlineData("")]
    public async Task Read_WhenAVariableWouldRedirectOrDisarm_ShouldIgnoreItAndSaySo(string name)
    {
        await _workspace.WriteAsync(Settings, $$$"""{"env":{"{{{name}}}":"evil","GOOD":"1"}}""");

        var configuration = await ReadAsync();

        configuration.Environment.ShouldHaveSingleItem().Name.ShouldBe("GOOD");
        configuration.Ignored.ShouldHaveSingleItem().Name.ShouldBe($"env.{name}");
        configuration.Ignored[0].ToString().ShouldNotContain("evil");
    }

    [Theory]
    [InlineData("""{"apiKeyHelper":"x"}""", "apiKeyHelper")]
    [InlineData("""{"permissions":{"defaultMode":"bypassPermissions"}}""", "permissions")]
    [InlineData("""{"enableAllProjectMcpServers":true}""", "enableAllProjectMcpServers")]
    [InlineData("""{"env":["A"]}""", "env")]
    [InlineData("""{"env":{"A":1}}""", "env.A")]
    [InlineData("""{"hooks":{"NoSuchEvent":[{"hooks":[{"type":"command","command":"x"}]}]}}""", "hooks.NoSuchEvent")]
    [InlineData("""{"hooks":{"Stop":[{"hooks":[{"type":"http","url":"http://x"}]}]}}""", "hooks.Stop")]
    [InlineData("""{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"x","narrows":"y"}]}]}}""", "hooks.Stop")]
    [InlineData("""{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"x","timeout":-1}]}]}}""", "hooks.Stop")]
    [InlineData("""{"hooks":{"Stop":[{"hooks":["x"]}]}}""", "hooks.Stop")]
    [InlineData("[]", "*")]
    [InlineData("{", "*")]
    [InlineData("""{"env":{"GOOD":"1","A":"\ud800"}}""", "*")]
    public async Task Read_WhenASettingIsNoneThatApplies_ShouldIgnoreItAndSaySo(string json, string ignored)
    {
        await _workspace.WriteAsync(Settings, json);

        var configuration = await ReadAsync();

        configuration.IsEmpty().ShouldBeTrue();
        configuration.Ignored.ShouldHaveSingleItem().ShouldSatisfyAllConditions(i => i.Name.ShouldBe(ignored), i => i.Path.ShouldBe(Settings));
    }

    [Theory]
    [InlineData("""{"type":"ws","url":"ws://x"}""")]
    [InlineData("""{"command":1}""")]
    [InlineData("""{"command":"x","args":"y"}""")]
    [InlineData("""{"command":"x","env":{"A":1}}""")]
    [InlineData("""{"type":"http","url":"file:///etc"}""")]
    [InlineData("7")]
    public async Task Read_WhenAServerIsNotUnderstood_ShouldIgnoreItAndSaySo(string server)
    {
        await _workspace.WriteAsync(".mcp.json", $$$$"""{"mcpServers":{"s":{{{{server}}}},"good":{"command":"x"}}}""");

        var configuration = await ReadAsync();

        configuration.McpServers.ShouldHaveSingleItem().Name.ShouldBe("good");
        configuration.Ignored.ShouldHaveSingleItem().Name.ShouldBe("mcpServers.s");
    }

    [Fact]
    public async Task Read_WhenAFileIsALinkADeviceOrTooLarge_ShouldNotReadItAndSaySo()
    {
        var outside = Path.Combine(_workspace.Outside, "settings.json");
        await File.WriteAllTextAsync(outside, """{"env":{"STOLEN":"1"}}""");
        Directory.CreateDirectory(_workspace.OnDisk(".claude"));
        File.CreateSymbolicLink(_workspace.OnDisk(Settings), outside);
        Directory.CreateDirectory(_workspace.OnDisk(".mcp.json"));
        using (var fifo = System.Diagnostics.Process.Start("mkfifo", [_workspace.OnDisk("CLAUDE.md")]))
            await fifo.WaitForExitAsync();
        await _workspace.WriteAsync("CLAUDE.local.md", new string('x', ClaudeWorkspaceReader.MaxFileBytes + 1));
        await _workspace.WriteAsync(".claude/CLAUDE.md", [0xFF, 0xFE]);

        var configuration = await ReadAsync();

        configuration.IsEmpty().ShouldBeTrue();
        configuration.Ignored.Select(i => i.Path).ShouldBe([Settings, ".mcp.json", "CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"], ignoreOrder: true);
    }

    [Fact]
    public async Task Read_WhenTheFolderItselfIsALink_ShouldNotFollowIt()
    {
        await File.WriteAllTextAsync(Path.Combine(_workspace.Outside, "settings.json"), """{"env":{"STOLEN":"1"}}""");
        Directory.CreateSymbolicLink(_workspace.OnDisk(".claude"), _workspace.Outside);

        (await ReadAsync()).IsEmpty().ShouldBeTrue();
    }

    [Fact]
    public async Task Read_WhenThereAreTooManyHooks_ShouldTakeNoMoreThanACommandLineHolds()
    {
        var hooks = string.Join(',', Enumerable.Range(0, 200).Select(i => $$$"""{"type":"command","command":"{{{i}}}{{{new string('<', 100)}}}"}"""));
        await _workspace.WriteAsync(Settings, $$$"""{"hooks":{"Stop":[{"hooks":[{{{hooks}}}]}]}}""");
        await _workspace.WriteAsync(".claude/settings.local.json", $$$"""{"hooks":{"Stop":[{"hooks":[{{{hooks}}}]}]}}""");

        var configuration = await ReadAsync();
        var view = new Infrastructure.Sandbox.SandboxView { Workspace = "/w", Home = "/h", Runtime = "/r", Temporary = "/t", Mounts = [new("/data/run/1", "/r")] };
        var commandLine = ClaudeCommandLine.Build(Launches.Any with { Configuration = configuration }, view);

        configuration.Hooks.Count.ShouldBeInRange(20, 200);
        configuration.Ignored.Count.ShouldBe(WorkspaceConfiguration.MaxIgnored);
        commandLine.Arguments.ShouldAllBe(argument => Encoding.UTF8.GetByteCount(argument) < 128 * 1024);
    }

    [Theory]
    [InlineData(Settings, true)]
    [InlineData(".mcp.json", true)]
    [InlineData("CLAUDE.md", true)]
    [InlineData("sub/CLAUDE.md", false)]
    public void Reads_ShouldNameTheFilesThatAreRead(string path, bool reads) =>
        new ClaudeWorkspaceReader(_workspace.Files).Reads(WorkspacePath.Parse(path).Value).ShouldBe(reads);

    private Task<WorkspaceConfiguration> ReadAsync() => new ClaudeWorkspaceReader(_workspace.Files).ReadAsync(_workspace.Session, CancellationToken.None);
}
