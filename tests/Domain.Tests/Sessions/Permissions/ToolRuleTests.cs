using Claudy.Domain.Sessions.Permissions;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Sessions.Permissions;

public sealed class ToolRuleTests
{
    [Theory]
    [InlineData("/workspace/src/a.cs", "Edit(src/**)")]
    [InlineData("/workspace/src/b/c/a.cs", "Edit(/src/**)")]
    [InlineData("src/a.cs", "Edit(src/**)")]
    [InlineData("/workspace//src/./a.cs", "Edit(./src/**)")]
    [InlineData("/workspace/src/a.cs", "Write(src/*.cs)")]
    [InlineData("/workspace/src/a.cs", "Write(src/a.cs)")]
    [InlineData("/workspace/a.md", "Write(*.md)")]
    [InlineData("/workspace/src/deep/a.md", "Write(*.md)")]
    [InlineData("/workspace/a/x/b", "Write(a/**/b)")]
    [InlineData("/workspace/a/b", "Write(a/**/b)")]
    [InlineData("/workspace/src/a", "Write(src/)")]
    [InlineData("/etc/nginx/a", "Write(//etc/**)")]
    [InlineData("/workspace/a", "Write(//workspace/**)")]
    [InlineData("/anywhere", "Write")]
    [InlineData("/anywhere", "Edit")]
    public void Decide_WhenAPathIsAllowed_ShouldAllow(string path, string rule) =>
        Calls.Write(path).Decide(rule).ShouldBe(PermissionEffect.Allow);

    [Theory]
    [InlineData("/workspace/srcx/a.cs", "Edit(src/**)")]
    [InlineData("/workspace/src", "Edit(src/**)")]
    [InlineData("/workspace/src/../a.cs", "Edit(src/**)")]
    [InlineData("/workspace/src/../src/a.cs", "Edit(src/**)")]
    [InlineData("../src/a.cs", "Edit(src/**)")]
    [InlineData("/workspace/b/src/a.cs", "Edit(src/**)")]
    [InlineData("/other/src/a.cs", "Edit(src/**)")]
    [InlineData("/workspacex/src/a.cs", "Edit(src/**)")]
    [InlineData("/workspace/src/b/a.cs", "Write(src/*.cs)")]
    [InlineData("/workspace/src/a.cs/b", "Write(src/a.cs)")]
    [InlineData("/workspace/etc/x", "Write(//etc/**)")]
    [InlineData("/etc", "Write(//etc/**)")]
    [InlineData("~/a", "Write(**)")]
    [InlineData("/workspace/src/a\nb", "Edit(src/**)")]
    [InlineData("", "Edit(src/**)")]
    [InlineData("/workspace/SRC/a", "Edit(src/**)")]
    [InlineData("/workspace/src/a.cs", "Read(src/**)")]
    public void Decide_WhenAPathIsAnother_ShouldAsk(string path, string rule) =>
        Calls.Write(path).Decide(rule).ShouldBeNull();

    [Fact]
    public void Decide_WhenALinkLeadsOutOfTheWorkspace_ShouldAsk()
    {
        var call = Calls.Read("/workspace/src/link") with { LeavesWorkspace = true };

        call.Decide("Read(src/**)").ShouldBeNull();
        call.Decide("Read(//workspace/**)").ShouldBeNull();
        (Calls.Read("/etc/passwd") with { LeavesWorkspace = true }).Decide("Read(//etc/**)").ShouldBe(PermissionEffect.Allow);
    }

    [Theory]
    [InlineData("/workspace/secret/a", "Read(secret/**)", PermissionEffect.Deny)]
    [InlineData("/workspace/secret", "Read(secret)", PermissionEffect.Deny)]
    [InlineData("/workspace/secret/a/b", "Read(secret)", PermissionEffect.Deny)]
    [InlineData("/workspace/x/../secret/a", "Read(secret/**)", PermissionEffect.Deny)]
    [InlineData("/workspace/a/.env", "Read(.env)", PermissionEffect.Deny)]
    [InlineData("/workspace/x/../y", "Read(secret/**)", null)]
    [InlineData("/workspace/x", "Read(~/secret)", null)]
    [InlineData("/workspace/x", "Read(secret/**)", PermissionEffect.Allow)]
    public void Decide_WhenAPathIsDenied_ShouldDenyItAndAskInDoubt(string path, string rule, PermissionEffect? expected) =>
        Calls.Read(path).Denied(rule).ShouldBe(expected);

    [Theory]
    [InlineData("https://example.com/x", "WebFetch(domain:example.com)", true)]
    [InlineData("http://EXAMPLE.com:8080", "WebFetch(domain:example.com)", true)]
    [InlineData("https://a.example.com", "WebFetch(domain:*.example.com)", true)]
    [InlineData("https://example.com", "WebFetch", true)]
    [InlineData("https://a.example.com", "WebFetch(domain:example.com)", false)]
    [InlineData("https://example.com", "WebFetch(domain:*.example.com)", false)]
    [InlineData("https://notexample.com", "WebFetch(domain:*.example.com)", false)]
    [InlineData("https://example.com.evil.org", "WebFetch(domain:example.com)", false)]
    [InlineData("https://example.com@evil.org", "WebFetch(domain:example.com)", false)]
    [InlineData("https://evil.org/?example.com", "WebFetch(domain:example.com)", false)]
    [InlineData("file:///example.com", "WebFetch(domain:example.com)", false)]
    [InlineData("example.com", "WebFetch(domain:example.com)", false)]
    public void Decide_WhenAPageIsFetched_ShouldGoByItsHost(string url, string rule, bool allowed) =>
        Calls.Of("WebFetch", new { url, prompt = "p" }).Decide(rule).ShouldBe(allowed ? PermissionEffect.Allow : null);

    [Theory]
    [InlineData("mcp__db__query", "mcp__db__query", true)]
    [InlineData("mcp__db__query", "mcp__db", true)]
    [InlineData("mcp__db__query", "mcp__db__*", true)]
    [InlineData("mcp__db__query", "mcp__d", false)]
    [InlineData("mcp__db2__query", "mcp__db", false)]
    [InlineData("mcp__db__query__all", "mcp__db__query", false)]
    [InlineData("WebSearch", "WebSearch", true)]
    [InlineData("WebSearch", "WebFetch", false)]
    public void Decide_WhenAToolHasNoContent_ShouldGoByItsName(string tool, string rule, bool allowed) =>
        Calls.Of(tool, new { x = 1 }).Decide(rule).ShouldBe(allowed ? PermissionEffect.Allow : null);

    [Theory]
    [InlineData("AskUserQuestion")]
    [InlineData("ExitPlanMode")]
    public void Decide_WhenACallIsAQuestion_ShouldAskWhateverTheRules(string tool)
    {
        PermissionRuleSet.Of([tool], []).Decide(Calls.Of(tool, new { })).Effect.ShouldBeNull();
        PermissionRuleSet.Of([], [tool]).Decide(Calls.Of(tool, new { })).Effect.ShouldBeNull();
    }

    [Fact]
    public void Decide_WhenACallIsSensitive_ShouldNotBeAllowedByARuleButDenied()
    {
        var call = Calls.Write("/workspace/.git/hooks/x") with { IsSensitive = true };

        call.Decide("Write", "Edit(**)").ShouldBeNull();
        PermissionRuleSet.Of([], ["Write"]).Decide(call).Effect.ShouldBe(PermissionEffect.Deny);
    }

    [Fact]
    public void Decide_WhenOneRuleDeniesWhatAnotherAllows_ShouldDeny() =>
        PermissionRuleSet.Of(["WebSearch"], ["WebSearch"]).Decide(Calls.Of("WebSearch", new { })).Effect.ShouldBe(PermissionEffect.Deny);
}
