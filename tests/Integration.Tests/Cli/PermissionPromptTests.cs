using System.Text.Json;
using Claudy.WebApi.Cli.Chat;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Cli;

public sealed class PermissionPromptTests
{
    [Fact]
    public void Describe_WhenACommandIsLong_ShouldShowAllOfIt()
    {
        var command = string.Join(" && ", Enumerable.Range(0, 500).Select(i => $"echo {i}"));

        var text = PermissionPrompt.Describe(Request("Bash", $$"""{"command":"{{command}}"}"""));

        text.ShouldContain(command);
    }

    [Fact]
    public void Describe_WhenAFileIsWritten_ShouldShowItsContent()
    {
        var text = PermissionPrompt.Describe(Request("Write", """{"file_path":"/workspace/a.txt","content":"one\ntwo\n"}"""));

        text.ShouldEndWith("\n  /workspace/a.txt\n  + one\n  + two");
    }

    [Fact]
    public void Describe_WhenAFileIsEdited_ShouldShowBothSides()
    {
        var text = PermissionPrompt.Describe(Request("Edit", """{"file_path":"a","old_string":"x","new_string":"y"}"""));

        text.ShouldEndWith("\n  a\n  - x\n  + y");
    }

    [Fact]
    public void Describe_WhenTheToolIsAnother_ShouldShowItsWholeInput()
    {
        var text = PermissionPrompt.Describe(Request("mcp__db__query", """{"sql":"drop table users"}"""));

        text.ShouldContain("drop table users");
    }

    [Fact]
    public void Describe_WhenACommandWouldHideItself_ShouldShowHow()
    {
        var text = PermissionPrompt.Describe(Request("Bash", """{"command":"rm -rf ~ #\r\u001b[2Kls"}"""));

        text.ShouldContain("$ rm -rf ~ #␍␛[2Kls");
    }

    [Fact]
    public void Describe_WhenAlwaysIsOffered_ShouldListEveryRuleInFull()
    {
        var harmless = $"Bash({new string('x', 300)})";

        var text = PermissionPrompt.Describe(Request("Bash", """{"command":"ls"}""", harmless, "Bash(echo a\nrm -rf ~)", "Bash(sudo:*)"));

        text.ShouldEndWith($"\n  - {harmless}\n  - Bash(echo a\n    rm -rf ~)\n  - Bash(sudo:*)");
    }

    [Theory]
    [InlineData("Bash", """{"command":"ls","description":"list","dangerouslyDisableSandbox":true}""", "\n  $ ls\n  dangerouslyDisableSandbox: true")]
    [InlineData("Write", """{"file_path":"a","content":"x","mode":"0777"}""", "\n  + x\n  mode: \"0777\"")]
    [InlineData("Edit", """{"file_path":"a","old_string":"x","new_string":"y","replace_all":true}""", "\n  + y\n  replace_all: true")]
    public void Describe_WhenThereIsMoreInput_ShouldShowItToo(string tool, string input, string expectedEnd) =>
        PermissionPrompt.Describe(Request(tool, input)).ShouldEndWith(expectedEnd);

    [Theory]
    [InlineData(" Yes ", PermissionAnswer.Allow)]
    [InlineData("a", PermissionAnswer.AllowAlways)]
    [InlineData("m", PermissionAnswer.AllowForUser)]
    [InlineData("N", PermissionAnswer.Deny)]
    internal void Parse_WhenTheLineIsAnAnswer_ShouldUnderstandIt(string line, PermissionAnswer expected) =>
        PermissionPrompt.Parse(line, Request("Bash", "{}", "Bash(ls)")).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("yes please")]
    [InlineData("a")]
    [InlineData("m")]
    public void Parse_WhenTheLineIsNoneThatIsOffered_ShouldSayNothing(string line) =>
        PermissionPrompt.Parse(line, Request("Bash", "{}")).ShouldBeNull();

    private static PendingPermission Request(string tool, string input, params string[] rules) =>
        new("p", tool, JsonElement.Parse(input), null, rules, null);
}
