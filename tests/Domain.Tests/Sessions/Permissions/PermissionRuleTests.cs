using Claudy.Domain.Sessions.Permissions;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Sessions.Permissions;

public sealed class PermissionRuleTests
{
    [Theory]
    [InlineData("Bash", "Bash", null)]
    [InlineData("Bash()", "Bash", null)]
    [InlineData("Bash(*)", "Bash", null)]
    [InlineData("Bash(git status)", "Bash", "git status")]
    [InlineData(@"Bash(touch 'a \(1\)')", "Bash", "touch 'a (1)'")]
    [InlineData("Read(//etc/**)", "Read", "//etc/**")]
    [InlineData("WebFetch(domain:example.com)", "WebFetch", "domain:example.com")]
    [InlineData("mcp__db__query", "mcp__db__query", null)]
    [InlineData("mcp__db__*", "mcp__db__*", null)]
    public void TryParse_WhenTextIsARule_ShouldReadIt(string text, string tool, string? content) =>
        PermissionRule.TryParse(text).ShouldBe(new PermissionRule(tool, content));

    [Theory]
    [InlineData("")]
    [InlineData("(x)")]
    [InlineData("Bash(git status")]
    [InlineData(@"Bash(git status\)")]
    [InlineData("Bash(git status) Bash(rm x)x")]
    [InlineData("Bash(git status\nrm x)")]
    [InlineData("Bash(git status; rm x)")]
    [InlineData("Bash(git $X)")]
    [InlineData("Bash(X=1 git)")]
    [InlineData("Bash(git > x)")]
    [InlineData("Bash(:*)")]
    [InlineData("Bash(ls [ab])")]
    [InlineData("Ba sh")]
    [InlineData("*")]
    [InlineData("Read(../x)")]
    [InlineData("Read(~/x)")]
    [InlineData("Read(/)")]
    [InlineData("Read([ab])")]
    [InlineData("WebFetch(example.com)")]
    [InlineData("WebFetch(domain:)")]
    [InlineData("WebFetch(domain:a/b)")]
    [InlineData("mcp__db(x)")]
    [InlineData("WebSearch(x)")]
    public void TryParse_WhenTextIsNone_ShouldSaySo(string text) =>
        PermissionRule.TryParse(text).ShouldBeNull();

    [Fact]
    public void TryParse_WhenTextIsTooLong_ShouldSayThatItIsNone() =>
        PermissionRule.TryParse($"Bash({new string('x', PermissionRule.MaxLength)})").ShouldBeNull();

    [Theory]
    [InlineData("git status", "Bash(git status)")]
    [InlineData("cd src && npm test; npm test", "Bash(cd src)", "Bash(npm test)")]
    [InlineData("touch 'a (1)' \"it's\"", @"Bash(touch 'a \(1\)' 'it'\\''s')")]
    [InlineData("echo '*' ''", "Bash(echo '*' '')")]
    [InlineData("git commit -m 'a:*'", "Bash(git commit -m 'a:*')")]
    [InlineData("sudo rm x", "Bash(sudo rm x)")]
    [InlineData("a > b")]
    [InlineData("a $X")]
    [InlineData("a *")]
    [InlineData("a $(b)")]
    [InlineData("X=1 a")]
    [InlineData("export X=1; a")]
    [InlineData("a 'b\nc'")]
    [InlineData("a;b;c;d;e;f;g;h;i;j;k")]
    public void Suggestions_ForBash_ShouldBeTheExactCommandsOrNone(string command, params string[] rules) =>
        RuleSuggestions.For(Calls.Bash(command), ["Bash(whatever:*)"]).ShouldBe(rules);

    [Fact]
    public void Suggestions_ForOtherTools_ShouldBeTheAgentsWhereTheyWouldAllowTheCall()
    {
        RuleSuggestions.For(Calls.Read("/etc/passwd") with { LeavesWorkspace = true }, ["Read(//etc/**)"]).ShouldBe(["Read(//etc/**)"]);
        RuleSuggestions.For(Calls.Read("/workspace/link") with { LeavesWorkspace = true }, ["Read(//workspace/**)"]).ShouldBeEmpty();
        RuleSuggestions.For(Calls.Of("AskUserQuestion", new { }), ["AskUserQuestion"]).ShouldBeEmpty();
    }
}
