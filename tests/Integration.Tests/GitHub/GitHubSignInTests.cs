using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Integration.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.GitHub;

public sealed class GitHubSignInTests : IAsyncLifetime
{
    private readonly StandInAccount _ada = new(583231, "ada") { Name = "Ada Lovelace", Emails = { ("old@ada.example", false, true), ("ada@ada.example", true, true) } };
    private GitHubServer _server = null!;

    public async Task InitializeAsync() => _server = await GitHubServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Browser_WhenGitHubGivesACode_ShouldGetATokenThatTheWebSocketTakes()
    {
        var signedIn = await _server.SignedInAsync(_ada);

        signedIn.GetProperty("token_type").GetString().ShouldBe("Bearer");
        signedIn.GetProperty("expires_in").GetInt64().ShouldBeInRange(800, 900);
        signedIn.GetProperty("user").GetProperty("username").GetString().ShouldBe("ada");
        signedIn.GetProperty("user").GetProperty("role").GetString().ShouldBe("user");
        await using var client = await TestClient.ConnectAsync(_server.Claudy.WebSocket);
        var answer = await client.AskAsync("auth", content: signedIn.GetProperty("access_token").GetString());
        answer.Type().ShouldBe("auth_success");
        answer.GetProperty("data").GetProperty("username").GetString().ShouldBe("ada");
    }

    [Fact]
    public async Task Browser_WhenItBegins_ShouldBeSentToGitHubWithStateAndChallenge()
    {
        using var browser = _server.OpenBrowser();

        var url = await browser.BeginAsync();

        url.GetLeftPart(UriPartial.Path).ShouldBe(new Uri(_server.GitHub.Address, "login/oauth/authorize").AbsoluteUri);
        var query = QueryHelpers.ParseQuery(url.Query);
        query["client_id"].ToString().ShouldBe(StandInGitHub.ClientId);
        query["redirect_uri"].ToString().ShouldBe(new Uri(_server.Claudy.Address, "auth/github/callback").AbsoluteUri);
        query["scope"].ToString().ShouldBe("user:email");
        query["code_challenge_method"].ToString().ShouldBe("S256");
        query["code_challenge"].ToString().ShouldMatch("^[A-Za-z0-9_-]{43}$");
        query["state"].ToString().Length.ShouldBeGreaterThanOrEqualTo(43);
        url.Query.ShouldNotContain(_server.GitHub.ClientSecret);
    }

    [Fact]
    public async Task Browser_WhenItBegins_ShouldGetAShortLivedCookieThatScriptsDoNotSee()
    {
        using var browser = _server.OpenBrowser();

        using var response = await browser.Http.GetAsync(new Uri("/auth/github", UriKind.Relative));

        var cookie = response.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        cookie.ShouldContain("path=/auth/github");
        cookie.ShouldContain("max-age=600");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task Browser_WhenAnotherOneBringsItsCode_ShouldBeRefusedAndTheSignInBeOver()
    {
        _server.GitHub.Visitor = _ada;
        using var browser = _server.OpenBrowser();
        using var other = _server.OpenBrowser();
        var callback = await browser.ConsentAsync(await browser.BeginAsync());

        using var stolen = await other.GoOnAsync(callback);
        using var own = await browser.GoOnAsync(callback);

        await ShouldBeAsync(stolen, HttpStatusCode.Unauthorized, "AUTH_001");
        await ShouldBeAsync(own, HttpStatusCode.Unauthorized, "AUTH_001");
        _server.GitHub.Requests.ShouldNotContain("/login/oauth/access_token");
    }

    [Fact]
    public async Task Browser_WhenTwoTabsSignInAtOnce_ShouldNotDisturbEachOther()
    {
        _server.GitHub.Visitor = _ada;
        using var browser = _server.OpenBrowser();
        var first = await browser.ConsentAsync(await browser.BeginAsync());
        var second = await browser.ConsentAsync(await browser.BeginAsync());

        using var firstAnswer = await browser.GoOnAsync(first);
        using var secondAnswer = await browser.GoOnAsync(second);

        firstAnswer.StatusCode.ShouldBe(HttpStatusCode.OK);
        secondAnswer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task CallbackPage_ShouldRunNothingButItsOwnFilesAndHoldNoToken()
    {
        using var page = await _server.Claudy.Http.GetAsync(new Uri("/auth/github/callback?code=a&state=b", UriKind.Relative));
        var html = await page.Content.ReadAsStringAsync();

        page.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; script-src 'self'");
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
        html.ShouldContain("<script src=\"/github.js\"></script>");
        foreach (var file in new[] { "/github.js", "/signed-in.js", "/signin.css" })
        {
            using var response = await _server.Claudy.Http.GetAsync(new Uri(file, UriKind.Relative));
            response.StatusCode.ShouldBe(HttpStatusCode.OK, file);
        }
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    public async Task Program_WhenItBegins_ShouldExchangeTheCodeItself(string method)
    {
        _server.GitHub.Visitor = _ada;
        var begun = await BeginAsync(method);
        begun.GetProperty("expires_in").GetInt64().ShouldBe(600);
        using var browser = _server.OpenBrowser();
        var query = QueryHelpers.ParseQuery((await browser.ConsentAsync(new Uri(begun.GetProperty("authorize_url").GetString()!))).Query);
        query["state"].ToString().ShouldBe(begun.GetProperty("state").GetString());

        using var response = await CompleteAsync(query["code"], query["state"]);
        using var again = await CompleteAsync(query["code"], query["state"]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("user").GetProperty("username").GetString().ShouldBe("ada");
        await ShouldBeAsync(again, HttpStatusCode.Unauthorized, "AUTH_001");
    }

    [Fact]
    public async Task Program_WhenABrowserBegan_ShouldNotGoOn()
    {
        _server.GitHub.Visitor = _ada;
        using var browser = _server.OpenBrowser();
        var query = QueryHelpers.ParseQuery((await browser.ConsentAsync(await browser.BeginAsync())).Query);

        using var response = await CompleteAsync(query["code"], query["state"]);

        await ShouldBeAsync(response, HttpStatusCode.Unauthorized, "AUTH_001");
    }

    [Fact]
    public async Task State_WhenItWasNeverGivenOut_ShouldBeRefusedWithoutAskingGitHub()
    {
        using var response = await CompleteAsync("a-code", "b.made-up");

        await ShouldBeAsync(response, HttpStatusCode.Unauthorized, "AUTH_001");
        _server.GitHub.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"code\":\"x\"}")]
    [InlineData("{\"state\":\"x\"}")]
    [InlineData("{\"code\":7,\"state\":\"x\"}")]
    public async Task Callback_WhenTheBodyIsWrong_ShouldBeAProblem(string body)
    {
        using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));

        using var response = await _server.Claudy.Http.PostAsync(new Uri("/auth/github/callback", UriKind.Relative), content);

        await ShouldBeAsync(response, HttpStatusCode.BadRequest, "WS_005");
    }

    [Fact]
    public async Task Profile_ShouldHaveWhatGitHubTells()
    {
        var signedIn = await _server.SignedInAsync(_ada);

        var profile = await _server.ProfileAsync(signedIn);

        profile.GetProperty("id").GetString().ShouldBe(signedIn.GetProperty("user").GetProperty("id").GetString());
        profile.GetProperty("username").GetString().ShouldBe("ada");
        profile.GetProperty("role").GetString().ShouldBe("user");
        profile.GetProperty("provider").GetString().ShouldBe(_server.GitHub.Address.Authority);
        profile.GetProperty("display_name").GetString().ShouldBe("Ada Lovelace");
        profile.GetProperty("email").GetString().ShouldBe("ada@ada.example");
        profile.GetProperty("avatar_url").GetString().ShouldBe(new Uri(_server.GitHub.Address, "avatars/583231").AbsoluteUri);
    }

    [Fact]
    public async Task Profile_WhenNobodyIsSignedIn_ShouldBeRefused()
    {
        using var response = await _server.Claudy.Http.GetAsync(new Uri("/api/user/profile", UriKind.Relative));

        await ShouldBeAsync(response, HttpStatusCode.Unauthorized, "AUTH_004");
    }

    [Fact]
    public async Task Profile_WhenGitHubShowsNoAddresses_ShouldDoWithout()
    {
        _server.GitHub.WithheldScopes.Add("user:email");

        var profile = await _server.ProfileAsync(await _server.SignedInAsync(_ada));

        profile.TryGetProperty("email", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task User_WhenTheLoginChanges_ShouldStayTheSame()
    {
        var before = await _server.SignedInAsync(_ada);
        _ada.Login = "countess";

        var after = await _server.SignedInAsync(_ada);

        after.GetProperty("user").GetProperty("id").GetString().ShouldBe(before.GetProperty("user").GetProperty("id").GetString());
        after.GetProperty("user").GetProperty("username").GetString().ShouldBe("countess");
    }

    [Fact]
    public async Task User_WhenSomeoneElseTakesTheLogin_ShouldBeAnotherAndKeepWhatIsTheirs()
    {
        var ada = await _server.SignedInAsync(_ada);

        var other = await _server.SignedInAsync(new StandInAccount(99, "Ada"));
        var adaNow = await _server.ProfileAsync(ada);

        other.GetProperty("user").GetProperty("id").GetString().ShouldNotBe(ada.GetProperty("user").GetProperty("id").GetString());
        other.GetProperty("user").GetProperty("username").GetString().ShouldBe("Ada");
        adaNow.GetProperty("username").GetString().ShouldStartWith("ada@");
    }

    [Theory]
    [InlineData("local")]
    [InlineData("LOCAL")]
    public async Task User_WhenTheLoginIsTheLocalUsers_ShouldNotBecomeTheLocalUser(string login)
    {
        var local = await _server.Claudy.TokenAsync();

        var signedIn = await _server.SignedInAsync(new StandInAccount(7, login));

        signedIn.GetProperty("user").GetProperty("username").GetString().ShouldBe($"{login}@github");
        signedIn.GetProperty("user").GetProperty("role").GetString().ShouldBe("user");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/user/profile");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", local);
        using var profile = await _server.Claudy.Http.SendAsync(request);
        (await profile.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("username").GetString().ShouldBe("local");
    }

    private async Task<JsonElement> BeginAsync(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/auth/github");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await _server.Claudy.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private Task<HttpResponseMessage> CompleteAsync(string? code, string? state) =>
        _server.Claudy.Http.PostAsJsonAsync(new Uri("/auth/github/callback", UriKind.Relative), new { code, state });

    private static async Task ShouldBeAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        response.StatusCode.ShouldBe(status);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe(code);
    }
}
