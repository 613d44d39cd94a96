using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Workspaces;

public sealed class WorkspacePathTests
{
    [Theory]
    [InlineData("main.py", "main.py")]
    [InlineData("src/main.py", "main.py")]
    [InlineData(".claude/settings.json", "settings.json")]
    [InlineData("...", "...")]
    [InlineData("a b/ü/日本語/👩.txt", "👩.txt")]
    public void Parse_WhenNothingIsWrong_ShouldKeepThePathAsItIs(string text, string name)
    {
        var parsed = WorkspacePath.Parse(text);

        parsed.Value.Value.ShouldBe(text);
        parsed.Value.Name.ShouldBe(name);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../up")]
    [InlineData("a/../b")]
    [InlineData("a/..")]
    [InlineData(".")]
    [InlineData("./a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("..\\up")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u007Fb")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u200Bb")]
    [InlineData("a\u200Db")]
    [InlineData("a\u2028b")]
    [InlineData("\uFEFFa")]
    [InlineData("a\uFFFDb")]
    public void Parse_WhenItCouldLeadOutOrDeceive_ShouldRefuse(string? text)
    {
        WorkspacePath.Parse(text).Error!.Code.ShouldBe("FILE_003");
    }

    [Fact]
    public void Parse_WhenASurrogateStandsAlone_ShouldRefuse()
    {
        WorkspacePath.Parse("a" + (char)0xD800 + "b").Error!.Code.ShouldBe("FILE_003");
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void Parse_WhenANameIsLong_ShouldAllowWhatFileSystemsDo(int bytes, bool allowed)
    {
        WorkspacePath.Parse(new string('x', bytes)).IsSuccess.ShouldBe(allowed);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Parse_WhenItIsDeep_ShouldAllowSixtyFourNames(int names, bool allowed)
    {
        WorkspacePath.Parse(string.Join('/', Enumerable.Repeat("x", names))).IsSuccess.ShouldBe(allowed);
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void Parse_WhenItIsLong_ShouldCountBytesOfUtf8(int bytes, bool allowed)
    {
        // Five names of 202 bytes each and four slashes: 1,014 bytes, but only 509 characters.
        var text = string.Join('/', Enumerable.Repeat(new string('ü', 101), 5)) + new string('x', bytes - 1014);

        WorkspacePath.Parse(text).IsSuccess.ShouldBe(allowed);
    }
}
