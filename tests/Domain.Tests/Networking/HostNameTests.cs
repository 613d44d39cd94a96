using System.Net;
using Claudy.Domain.Networking;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Networking;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("API.GitHub.com", "api.github.com")]
    [InlineData("api.github.com.", "api.github.com")]
    [InlineData("my_bucket.s3.example", "my_bucket.s3.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("registry", "registry")]
    [InlineData("1.example", "1.example")]
    [InlineData("0x7f.example", "0x7f.example")]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7.", "203.0.113.7")]
    [InlineData("[2001:DB8:0:0::7]", "[2001:db8::7]")]
    [InlineData("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]")]
    public void TryParse_WhenItIsAName_ShouldHaveOneForm(string text, string expected)
    {
        HostName.TryParse(text, out var name, out _).ShouldBeTrue();

        name.Value.ShouldBe(expected);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("example.com..")]
    [InlineData("a..b")]
    [InlineData(".example.com")]
    [InlineData("example.com\0.evil.test")]
    [InlineData("evil.test\0")]
    [InlineData("exam ple.com")]
    [InlineData("example.com\n")]
    [InlineData("example.com/")]
    [InlineData("user@example.com")]
    [InlineData("example.com:80")]
    [InlineData("example%2ecom")]
    [InlineData("example\\com")]
    [InlineData("-a.example")]
    [InlineData("a-.example")]
    [InlineData("bücher.example")]
    [InlineData("example。com")]
    [InlineData("１２７.0.0.1")]
    [InlineData("127.1")]
    [InlineData("127.0.0.01")]
    [InlineData("0177.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("0X7F000001")]
    [InlineData("2130706433")]
    [InlineData("017700000001")]
    [InlineData("127.0.0.0x1")]
    [InlineData("127.0.0.0x")]
    [InlineData("1.2.3.4.5")]
    [InlineData("256.0.0.1")]
    [InlineData("foo.1")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("[::1")]
    [InlineData("::1")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[v1.x]")]
    [InlineData("[]")]
    public void TryParse_WhenItIsNoneOrHasTwoReadings_ShouldRefuse(string? text)
    {
        HostName.TryParse(text, out var name, out var why).ShouldBeFalse();

        name.ShouldBeNull();
        why.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void TryParse_WhenItIsTooLong_ShouldRefuse()
    {
        HostName.TryParse(string.Join('.', Enumerable.Repeat("abcdefghi", 26)), out _, out _).ShouldBeFalse();
        HostName.TryParse($"{new string('a', 64)}.example", out _, out _).ShouldBeFalse();
        HostName.TryParse($"{new string('a', 63)}.example", out _, out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("аpple.example", "xn--pple-43d.example")]
    [InlineData("日本.example", "xn--wgv71a.example")]
    [InlineData("plain.example", "plain.example")]
    public void TryParseWritten_WhenItHasOtherLetters_ShouldShowThemAsDnsHasThem(string text, string expected)
    {
        HostName.TryParseWritten(text, out var name, out var why).ShouldBeTrue(why);

        name.Value.ShouldBe(expected);
    }

    [Theory]
    [InlineData("bu\u0308cher.example")]
    [InlineData("１２７.0.0.1")]
    [InlineData("ｅvil.example")]
    [InlineData("a\u200Db.example")]
    [InlineData("a\u202Eb.example")]
    [InlineData("example。com")]
    [InlineData("a\uFEFF.example")]
    [InlineData("💥.example")]
    [InlineData("ü\0.example")]
    [InlineData("ü/.example")]
    [InlineData("\uD800.example")]
    public void TryParseWritten_WhenItDeceives_ShouldRefuse(string text) =>
        HostName.TryParseWritten(text, out _, out _).ShouldBeFalse();

    [Fact]
    public void Of_AnAddress_ShouldBeTheNameThatIsReadForIt()
    {
        foreach (var text in new[] { "203.0.113.7", "2001:db8::7", "::ffff:10.0.0.1" })
        {
            var name = HostName.Of(IPAddress.Parse(text));

            HostName.TryParse(name.Value, out var read, out _).ShouldBeTrue();
            read.ShouldBe(name);
        }
    }

    [Theory]
    [InlineData("a.example.com", "example.com", true)]
    [InlineData("a.b.example.com", "example.com", true)]
    [InlineData("example.com", "example.com", false)]
    [InlineData("evilexample.com", "example.com", false)]
    [InlineData("example.com.evil.test", "example.com", false)]
    public void IsBelow_ShouldSeeWholeParts(string name, string domain, bool expected) =>
        Parse(name).IsBelow(Parse(domain)).ShouldBe(expected);

    private static HostName Parse(string text) => HostName.TryParse(text, out var name, out var why) ? name : throw new InvalidOperationException(why);
}
