using System.Net;
using Claudy.Integration.Tests.Support;
using Claudy.WebApi.Hosting;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class ProxyTests
{
    private static readonly (string, string)[] Forwarded =
        [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "claudy.example")];

    [Fact]
    public async Task Forwarded_WhenNobodyIsTrusted_ShouldMeanNothing()
    {
        await using var server = await StartAsync();
        using var http = server.Client();

        var answer = await http.SendAsync(HttpMethod.Get, "/health/live", null, Forwarded);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
        (await CountAsync(http, "198.51.100.1", "198.51.100.2")).ShouldBe(1);
    }

    [Fact]
    public async Task Forwarded_WhenTheProxyIsNotAmongTheTrusted_ShouldMeanNothing()
    {
        await using var server = await StartAsync("10.0.0.0/8");
        using var http = server.Client();

        var answer = await http.SendAsync(HttpMethod.Get, "/health/live", null, ("Host", "claudy.example"), ("X-Forwarded-Proto", "https"));

        answer.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
        (await CountAsync(http, "198.51.100.1", "198.51.100.2")).ShouldBe(1);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.0/8")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task Forwarded_WhenTheProxyIsTrusted_ShouldGiveAddressSchemeAndHost(string trusted)
    {
        await using var server = await StartAsync(trusted);
        using var http = server.Client();

        var answer = await http.SendAsync(HttpMethod.Get, "/health/live", null, Forwarded);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=2592000"]);
        (await CountAsync(http, "198.51.100.2", "198.51.100.3")).ShouldBe(2);
    }

    [Fact]
    public async Task Forwarded_WhenTheHostIsForeign_ShouldBeRefused()
    {
        await using var server = await StartAsync("127.0.0.1");
        using var http = server.Client();

        var answer = await http.SendAsync(HttpMethod.Get, "/health/live", null, ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Host", "rebound.example"));

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "WS_007");
    }

    [Fact]
    public async Task Forwarded_WhenTheClientMadeSomeUp_ShouldTakeWhatTheProxyAdded()
    {
        await using var server = await StartAsync("127.0.0.1");
        using var http = server.Client();

        // The proxy adds the last one; the others are the client's own invention.
        (await CountAsync(http, "203.0.113.1, 198.51.100.1", "203.0.113.2, 198.51.100.1")).ShouldBe(1);
    }

    [Fact]
    public async Task Forwarded_WhenThereAreSeveralTrustedProxies_ShouldSeeThroughAll()
    {
        await using var server = await StartAsync("127.0.0.1", "10.0.0.0/8");
        using var http = server.Client();

        (await CountAsync(http, "198.51.100.1, 10.1.1.1", "198.51.100.2, 10.1.1.1")).ShouldBe(2);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    public async Task LocalSignIn_WhenAProxyGivesItselfAway_ShouldBeRefused(string header, string value)
    {
        await using var server = await ClaudyServer.StartAsync();
        using var http = server.Client();
        var code = await server.CodeAsync();

        var refused = await http.SendAsync(HttpMethod.Post, "/auth/local", new { code }, (header, value));

        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "AUTH_014");
        (await http.SendAsync(HttpMethod.Post, "/auth/local", new { code })).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("127.0.0.1", false, HttpStatusCode.OK)]
    [InlineData("198.51.100.1", false, HttpStatusCode.Forbidden)]
    [InlineData("198.51.100.1", true, HttpStatusCode.OK)]
    public async Task LocalSignIn_WhenTheProxyIsTrusted_ShouldGoByWhereTheClientIs(string client, bool allowRemote, HttpStatusCode status)
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Proxies:Trusted:0"] = "127.0.0.1",
            ["Claudy:Auth:AllowRemoteLocalMode"] = allowRemote ? "true" : "false",
        });
        using var http = server.Client();

        var answer = await http.SendAsync(HttpMethod.Post, "/auth/local", new { code = await server.CodeAsync() }, ("X-Forwarded-For", client));

        answer.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Start_WhenAProxyIsNoAddress_ShouldSaySo()
    {
        var refused = await Should.ThrowAsync<Exception>(() => StartAsync("nginx"));

        ServeCommand.Explain(refused).ShouldHaveSingleItem().ShouldContain("Claudy:Proxies:Trusted: nginx");
    }

    [Fact]
    public async Task Start_WhenTheFrameworkWouldTrustEverybody_ShouldRefuse()
    {
        var refused = await Should.ThrowAsync<StartupException>(() => ClaudyServer.StartAsync(new() { ["FORWARDEDHEADERS_ENABLED"] = "true" }));

        refused.Message.ShouldContain("Claudy:Proxies:Trusted");
    }

    private static Task<ClaudyServer> StartAsync(params string[] trusted)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Claudy:Http:AllowedHosts:0"] = "127.0.0.1",
            ["Claudy:Http:AllowedHosts:1"] = "claudy.example",
            ["Claudy:Limits:FreeAttempts"] = "1",
            ["Claudy:Limits:FirstAttemptWait"] = "00:01:00",
        };
        foreach (var (index, proxy) in trusted.Index())
        {
            settings[$"Claudy:Proxies:Trusted:{index}"] = proxy;
        }

        return ClaudyServer.StartAsync(settings);
    }

    // How many addresses the server takes these for: each has a wrong token free, a second makes it wait, the third is told.
    private static async Task<int> CountAsync(HttpClient http, string first, string second)
    {
        HttpStatusCode last = default;
        foreach (var address in new[] { first, first, second })
        {
            var answer = await http.SendAsync(HttpMethod.Get, "/api/session", null, ("Authorization", "Bearer not.a.token"), ("X-Forwarded-For", address));
            last = answer.StatusCode;
        }

        return last == HttpStatusCode.TooManyRequests ? 1 : 2;
    }
}
