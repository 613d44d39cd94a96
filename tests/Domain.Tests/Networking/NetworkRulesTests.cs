using Claudy.Domain.Networking;
using Shouldly;
using Xunit;

namespace Claudy.Domain.Tests.Networking;

public sealed class NetworkRulesTests
{
    [Theory]
    [InlineData("github.com", "github.com", 443, true)]
    [InlineData("github.com", "github.com", 80, true)]
    [InlineData("github.com", "github.com", 22, false)]
    [InlineData("github.com:22", "github.com", 22, true)]
    [InlineData("github.com:22", "github.com", 443, false)]
    [InlineData("GitHub.COM.", "github.com", 443, true)]
    [InlineData("github.com", "api.github.com", 443, false)]
    [InlineData("*.github.com", "api.github.com", 443, true)]
    [InlineData("*.github.com", "a.b.github.com", 443, true)]
    [InlineData("*.github.com", "github.com", 443, false)]
    [InlineData("*.github.com", "evilgithub.com", 443, false)]
    [InlineData("*.github.com:8443", "api.github.com", 8443, true)]
    [InlineData("203.0.113.7", "203.0.113.7", 443, true)]
    [InlineData("[2001:db8::7]:8443", "[2001:db8:0::7]", 8443, true)]
    [InlineData("bücher.example", "xn--bcher-kva.example", 443, true)]
    public void Judge_WhenThereIsAList_ShouldCompareSafely(string listed, string host, int port, bool isAllowed) =>
        (Judge(NetworkPolicy.AllowList(listed), host, port) is null).ShouldBe(isAllowed);

    [Theory]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("a.*.example")]
    [InlineData("*example.com")]
    [InlineData("*.203.0.113.7")]
    [InlineData("https://example.com")]
    [InlineData("example.com:0")]
    [InlineData("example.com:65536")]
    [InlineData("example.com:080")]
    [InlineData("example.com:+80")]
    [InlineData("example.com:")]
    [InlineData("a:b:80")]
    [InlineData("127.1")]
    [InlineData("example.com ")]
    [InlineData("")]
    public void WrongWith_WhenAHostIsNone_ShouldSayWhich(string host) =>
        NetworkPolicy.WrongWith(["fine.example", host])!.ShouldContain($"'{host}'");

    [Fact]
    public void WrongWith_WhenThereAreTooMany_ShouldSayTheLimit() =>
        NetworkPolicy.WrongWith([.. Enumerable.Repeat("a.example", NetworkPolicy.MaxHosts + 1)])!.ShouldContain("200");

    [Fact]
    public void Normalised_ShouldHaveEachHostOnceInItsOneSpelling() =>
        NetworkPolicy.AllowList("GitHub.com.", "github.com", "*.NuGet.org", "github.com:443").Normalised()
            .ShouldBe(NetworkPolicy.AllowList("github.com", "*.nuget.org", "github.com:443"));

    [Fact]
    public void Judge_WhenThereIsNoNetwork_ShouldRefuseAll() =>
        Judge(NetworkPolicy.None, "github.com", 443).ShouldBe(NetworkRefusal.NoNetwork);

    [Fact]
    public void Judge_WhenOpen_ShouldAllowAnyPort() => Judge(NetworkPolicy.Open, "github.com", 22).ShouldBeNull();

    [Fact]
    public void Judge_WhenTheServerGivesLessByNow_ShouldRefuse()
    {
        var rules = new NetworkRules(NetworkPolicy.Open, NetworkPolicy.AllowList("*.github.com"), []);

        rules.Judge(Host("api.github.com"), 443).ShouldBeNull();
        rules.Judge(Host("example.com"), 443).ShouldBe(NetworkRefusal.ServerLimit);
    }

    [Theory]
    [InlineData("evil.test", 443)]
    [InlineData("evil.test", 8443)]
    [InlineData("odd.test", 25)]
    public void Judge_WhenTheServerDeniesIt_ShouldRefuseAtEveryPortThatItNames(string host, int port) =>
        new NetworkRules(NetworkPolicy.Open, NetworkPolicy.Open, ["evil.test", "odd.test:25"]).Judge(Host(host), port).ShouldBe(NetworkRefusal.Denied);

    [Fact]
    public void Judge_WhenTheServerDeniesAnotherPort_ShouldAllow() =>
        new NetworkRules(NetworkPolicy.Open, NetworkPolicy.Open, ["odd.test:25"]).Judge(Host("odd.test"), 443).ShouldBeNull();

    [Theory]
    [InlineData("*.example", "a.example", null)]
    [InlineData("*.example", "*.a.example", null)]
    [InlineData("*.example", "example", "example")]
    [InlineData("a.example", "*.a.example", "*.a.example")]
    [InlineData("a.example", "a.example:443", null)]
    [InlineData("a.example", "a.example:22", "a.example:22")]
    [InlineData("a.example:443", "a.example", "a.example")]
    public void FirstBeyond_ShouldNameWhatIsNotWithin(string most, string asked, string? beyond) =>
        NetworkPolicy.AllowList(most).FirstBeyond(NetworkPolicy.AllowList(asked)).ShouldBe(beyond);

    private static NetworkRefusal? Judge(NetworkPolicy policy, string host, int port) => new NetworkRules(policy, NetworkPolicy.Open, []).Judge(Host(host), port);

    private static HostName Host(string text) => HostName.TryParse(text, out var name, out var why) ? name : throw new InvalidOperationException(why);
}
