using System.Net;
using Claudy.Integration.Tests.Support;
using Microsoft.Net.Http.Headers;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class CookieTests : IAsyncLifetime
{
    private const string Missing = "/api/session/01990000-0000-7000-8000-000000000000";

    private ClaudyServer _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Http:AllowedOrigins:0"] = "http://127.0.0.1:1",
            ["Claudy:Http:AllowedHosts:0"] = "127.0.0.1",
            ["Claudy:Http:AllowedHosts:1"] = "claudy.example",
            ["Claudy:Proxies:Trusted:0"] = "127.0.0.1",
        });
        _http = _server.Client();
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task SignIn_ShouldSetACookieThatNoScriptReads()
    {
        var cookie = SetCookieHeaderValue.Parse(await SignInAsync());

        cookie.Name.ToString().ShouldBe($"claudy-{_server.Address.Port}");
        cookie.HttpOnly.ShouldBeTrue();
        cookie.SameSite.ShouldBe(Microsoft.Net.Http.Headers.SameSiteMode.Strict);
        cookie.Path.ToString().ShouldBe("/");
        cookie.Domain.HasValue.ShouldBeFalse();
        cookie.MaxAge!.Value.ShouldBeInRange(TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task SignIn_WhenAProxySpokeTls_ShouldSetASecureCookieOfThisHostAlone()
    {
        var cookie = SetCookieHeaderValue.Parse(await SignInAsync(("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "claudy.example")));

        cookie.Name.ToString().ShouldBe("__Host-claudy");
        cookie.Secure.ShouldBeTrue();
        cookie.HttpOnly.ShouldBeTrue();
        cookie.Path.ToString().ShouldBe("/");
        cookie.Domain.HasValue.ShouldBeFalse();
    }

    [Fact]
    public async Task Cookie_WhenTlsIsSpokenAndItLacksThePrefix_ShouldNotCount()
    {
        var plain = SetCookieHeaderValue.Parse(await SignInAsync());

        var answer = await _http.SendAsync(
            HttpMethod.Get, "/api/session", null, ("Cookie", $"claudy={plain.Value}"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "claudy.example"));
        await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "AUTH_004");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("same-origin", null)]
    [InlineData("none", null)]
    [InlineData("same-origin", "own")]
    public async Task Get_WhenAPageOfOurOwnAsks_ShouldBeSignedIn(string? site, string? origin)
    {
        var answer = await _http.SendAsync(HttpMethod.Get, "/api/session", null, [("Cookie", await CookieAsync()), .. From(site, origin)]);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("same-site", null)]
    [InlineData("cross-site", null)]
    [InlineData(null, "http://127.0.0.1:1")]
    [InlineData("same-origin", "http://127.0.0.1:1")]
    [InlineData(null, "https://evil.example")]
    public async Task Get_WhenAnotherOriginsPageAsks_ShouldNotBeSignedIn(string? site, string? origin)
    {
        var answer = await _http.SendAsync(HttpMethod.Get, "/api/session", null, [("Cookie", await CookieAsync()), .. From(site, origin)]);

        await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "AUTH_004");
    }

    [Theory]
    [InlineData("same-origin", null)]
    [InlineData(null, "own")]
    [InlineData("same-origin", "own")]
    public async Task Change_WhenAPageOfOurOwnProvesIt_ShouldGetThrough(string? site, string? origin)
    {
        var answer = await _http.SendAsync(
            HttpMethod.Delete, Missing, null, [("Cookie", await CookieAsync()), ("X-Claudy-Request", "1"), .. From(site, origin)]);

        await answer.ShouldBeProblemAsync(HttpStatusCode.NotFound, "SESSION_002");
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("same-origin", "own", false)]
    [InlineData("none", null, true)]
    public async Task Change_WhenItIsNotProven_ShouldBeRefused(string? site, string? origin, bool header)
    {
        (string, string)[] headers = [("Cookie", await CookieAsync()), .. From(site, origin)];

        var answer = await _http.SendAsync(HttpMethod.Delete, Missing, null, header ? [.. headers, ("X-Claudy-Request", "1")] : headers);

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "AUTH_013");
    }

    [Theory]
    [InlineData("same-site", "own", HttpStatusCode.Unauthorized)]
    [InlineData("cross-site", null, HttpStatusCode.Unauthorized)]
    [InlineData(null, "http://127.0.0.1:1", HttpStatusCode.Unauthorized)]
    [InlineData(null, "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData(null, "null", HttpStatusCode.Forbidden)]
    public async Task Change_WhenItIsOfAnotherOrigin_ShouldBeRefusedHoweverItLooks(string? site, string? origin, HttpStatusCode status)
    {
        var answer = await _http.SendAsync(
            HttpMethod.Delete, Missing, null, [("Cookie", await CookieAsync()), ("X-Claudy-Request", "1"), .. From(site, origin)]);

        answer.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Change_WhenItBringsATokenToo_ShouldNeedNoProof()
    {
        var answer = await _http.SendAsync(
            HttpMethod.Delete, Missing, null, ("Cookie", await CookieAsync()), ("Authorization", $"Bearer {await _server.TokenAsync()}"));

        await answer.ShouldBeProblemAsync(HttpStatusCode.NotFound, "SESSION_002");
    }

    [Fact]
    public async Task Upgrade_WhenAPageOfOurOwnConnects_ShouldBeSignedIn()
    {
        var cookie = await CookieAsync();
        await using var client = await TestClient.ConnectAsync(_server.WebSocket, options =>
        {
            options.SetRequestHeader("Cookie", cookie);
            options.SetRequestHeader("Origin", OwnOrigin);
        });

        (await client.ReceiveAsync("auth_success")).Text("username").ShouldBe("local");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("http://127.0.0.1:1")]
    public async Task Upgrade_WhenAnotherOriginsPageConnects_ShouldHaveToSignIn(string? origin)
    {
        var cookie = await CookieAsync();
        await using var client = await TestClient.ConnectAsync(_server.WebSocket, options =>
        {
            options.SetRequestHeader("Cookie", cookie);
            if (origin is not null)
            {
                options.SetRequestHeader("Origin", origin);
            }
        });

        (await client.AskAsync("list_sessions")).Code().ShouldBe("WS_001");
    }

    [Fact]
    public async Task SignOut_ShouldClearTheCookie()
    {
        var answer = await _http.SendAsync(
            HttpMethod.Post, "/auth/sign-out", null, ("Cookie", await CookieAsync()), ("X-Claudy-Request", "1"), ("Origin", OwnOrigin));

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var cleared = SetCookieHeaderValue.Parse(answer.Headers.GetValues("Set-Cookie").Single());
        cleared.Name.ToString().ShouldBe($"claudy-{_server.Address.Port}");
        cleared.Value.ToString().ShouldBeEmpty();
        cleared.Expires!.Value.ShouldBe(DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task SignOut_WhenItIsNotProven_ShouldBeRefused()
    {
        var answer = await _http.SendAsync(HttpMethod.Post, "/auth/sign-out", null, ("Cookie", await CookieAsync()), ("Origin", OwnOrigin));

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "AUTH_013");
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task SignIn_WhenTheLinkIsWrong_ShouldSetNoCookie()
    {
        var answer = await _http.SendAsync(HttpMethod.Post, "/auth/local", new { code = "wrong" });

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    private string OwnOrigin => $"http://{_server.Address.Authority}";

    private IEnumerable<(string Name, string Value)> From(string? site, string? origin)
    {
        if (site is not null)
        {
            yield return ("Sec-Fetch-Site", site);
        }

        if (origin is not null)
        {
            yield return ("Origin", origin == "own" ? OwnOrigin : origin);
        }
    }

    private async Task<string> SignInAsync(params (string Name, string Value)[] headers)
    {
        var answer = await _http.SendAsync(HttpMethod.Post, "/auth/local", new { code = await _server.CodeAsync() }, headers);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
    }

    private async Task<string> CookieAsync()
    {
        var cookie = SetCookieHeaderValue.Parse(await SignInAsync());
        return $"{cookie.Name}={cookie.Value}";
    }
}
