using Claudy.Domain.Workspaces;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Workspaces;

public sealed class RepositorySourceTests
{
    [Theory]
    [InlineData("https://github.com/a/b", "https://github.com/a/b", 443)]
    [InlineData("HTTPS://GitHub.com:443/a/b.git", "https://github.com/a/b.git", 443)]
    [InlineData("https://git.test:8443/group/sub/project.git", "https://git.test:8443/group/sub/project.git", 8443)]
    [InlineData("https://git.test./a", "https://git.test/a", 443)]
    [InlineData("https://203.0.113.7/a", "https://203.0.113.7/a", 443)]
    [InlineData("https://[2001:db8::7]:444/a", "https://[2001:db8::7]:444/a", 444)]
    [InlineData("https://git.test/@scope/a", "https://git.test/@scope/a", 443)]
    public void Parse_WhenTheUrlIsGood_ShouldGiveItInOneSpelling(string url, string expected, int port)
    {
        var source = RepositorySource.Parse(url, null).Value;

        source.Url.ShouldBe(expected);
        source.Port.ShouldBe(port);
        source.Url.ShouldStartWith(source.Origin + "/");
        source.Ref.ShouldBeNull();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("http://github.com/a/b")]
    [InlineData("ssh://git@github.com/a/b")]
    [InlineData("git@github.com:a/b.git")]
    [InlineData("git://github.com/a/b")]
    [InlineData("file:///etc")]
    [InlineData("/etc")]
    [InlineData("ext::sh -c whoami")]
    [InlineData("--upload-pack=touch x")]
    [InlineData("https::https://github.com/a/b")]
    [InlineData("https://user:password@github.com/a/b")]
    [InlineData("https://token@github.com/a/b")]
    [InlineData("https://github.com")]
    [InlineData("https://github.com/")]
    [InlineData("https://github.com/a?b")]
    [InlineData("https://github.com/a#b")]
    [InlineData("https://github.com/a b")]
    [InlineData("https://github.com/a\nb")]
    [InlineData("https://github.com\\@evil.test/a")]
    [InlineData("https://github.com:0/a")]
    [InlineData("https://github.com:99999/a")]
    [InlineData("https://0x7f000001/a")]
    [InlineData("https://127.1/a")]
    [InlineData("https://xn--/\u00fc")]
    [InlineData("https:///a")]
    public void Parse_WhenTheUrlCannotBeUsed_ShouldSaySo(string? url) =>
        RepositorySource.Parse(url, null).Error!.Code.ShouldBe("REPO_001");

    [Fact]
    public void Parse_WhenTheUrlHasAPassword_ShouldNotRepeatIt() =>
        RepositorySource.Parse("https://user:hunter2@github.com/a/b", null).Error!.Message.ShouldNotContain("hunter2");

    [Fact]
    public void Parse_WhenTheUrlIsTooLong_ShouldSaySo() =>
        RepositorySource.Parse("https://github.com/" + new string('a', RepositorySource.MaxUrlLength), null).Error!.Code.ShouldBe("REPO_001");

    [Theory]
    [InlineData("main", false)]
    [InlineData("feature/a-b_c.d", false)]
    [InlineData("v1.2.3", false)]
    [InlineData("0123456789abcdef0123456789abcdef01234567", true)]
    [InlineData("0123456789abcdef0123456789abcdef0123456", false)]
    public void Parse_WhenTheRefIsGood_ShouldKnowCommitsFromNames(string reference, bool isCommit)
    {
        var source = RepositorySource.Parse("https://github.com/a/b", reference).Value;

        source.Ref.ShouldBe(reference);
        source.IsCommit.ShouldBe(isCommit);
    }

    [Theory]
    [InlineData("-b")]
    [InlineData("--upload-pack=x")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a~1")]
    [InlineData("a^")]
    [InlineData("a:b")]
    [InlineData("+a:b")]
    [InlineData("a*")]
    [InlineData("@{u}")]
    [InlineData("@")]
    [InlineData("a.lock")]
    [InlineData("a/.b")]
    [InlineData("a\nb")]
    public void Parse_WhenTheRefIsNone_ShouldSaySo(string reference) =>
        RepositorySource.Parse("https://github.com/a/b", reference).Error!.Code.ShouldBe("REPO_001");
}
