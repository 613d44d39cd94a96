using System.Net;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class CorsTests : IAsyncLifetime
{
    private const string Friend = "https://friend.example";

    private ClaudyServer _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Http:AllowedOrigins:0"] = Friend + "/",
            ["Claudy:Limits:RequestBurstPerUser"] = "1",
            ["Claudy:Limits:RequestsPerSecondPerUser"] = "0.01",
        });
        _http = _server.Client();
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Preflight_WhenTheOriginIsAllowed_ShouldAllowTokensAndNoCookies()
    {
        var answer = await PreflightAsync(Friend, "DELETE", "authorization");

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([Friend]);
        answer.Headers.GetValues("Access-Control-Allow-Headers").Single().ShouldBe("Authorization,Content-Type,If-Match,If-None-Match,Range,Repr-Digest,Want-Repr-Digest");
        answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://friend.example.evil.example")]
    [InlineData("http://friend.example")]
    [InlineData("null")]
    public async Task Preflight_WhenTheOriginIsForeign_ShouldBeRefused(string origin)
    {
        var answer = await PreflightAsync(origin, "DELETE", "authorization");

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "WS_006");
        answer.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task Preflight_WhenAnAllowedPageWouldUseTheCookie_ShouldNotLetIt()
    {
        // A browser lets a page send a header only when it is on the list.
        var answer = await PreflightAsync(Friend, "DELETE", "x-claudy-request");

        answer.Headers.GetValues("Access-Control-Allow-Headers").Single().ShouldNotContain("x-claudy-request", Case.Insensitive);
    }

    [Fact]
    public async Task Answer_WhenTheOriginIsAllowed_ShouldBeReadableByItsPage()
    {
        var token = await _server.TokenAsync();
        var answer = await ListAsync(Friend, token);
        var refused = await ListAsync(Friend, token);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([Friend]);
        answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([Friend]);
        refused.Headers.GetValues("Access-Control-Expose-Headers").Single().ShouldContain("Retry-After");
    }

    [Fact]
    public async Task Answer_WhenTheOriginIsForeign_ShouldNotBeReadable() =>
        (await ListAsync("https://evil.example", await _server.TokenAsync())).Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();

    private Task<HttpResponseMessage> PreflightAsync(string origin, string method, string headers) => _http.SendAsync(
        HttpMethod.Options, "/api/session", null, ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers));

    private Task<HttpResponseMessage> ListAsync(string origin, string token) =>
        _http.SendAsync(HttpMethod.Get, "/api/session", null, ("Origin", origin), ("Authorization", $"Bearer {token}"));
}
