using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Claudy.Application.Authentication;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.Integration.Tests.Support;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

public sealed class HttpTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_WhenAllIsWell_ShouldSayOk(string path)
    {
        var response = await GetAsync(path);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString().ShouldBe("ok");
    }

    [Fact]
    public async Task Ready_WhenThereIsNoAgent_ShouldSayWhatIsMissing()
    {
        await using var server = await ClaudyServer.StartAsync(change: services =>
            services.AddSingleton<IAgentLauncher>(new FakeAgentLauncher { Failure = SessionErrors.AgentFailedToStart("no such file.") }));

        var response = await server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("checks").GetProperty("agent").GetString().ShouldBe("agent_failed_to_start");
    }

    [Fact]
    public async Task SignIn_WhenTheCodeIsPosted_ShouldGiveATokenOnce()
    {
        var code = await CodeAsync();

        var first = await PostAsync("/auth/local", new { code });
        var second = await PostAsync("/auth/local", new { code });

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await first.Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("token_type").GetString().ShouldBe("Bearer");
        answer.GetProperty("expires_in").GetInt64().ShouldBeInRange(800, 900);
        answer.GetProperty("user").GetProperty("username").GetString().ShouldBe("local");
        second.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await second.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe("AUTH_001");
        await using var client = await TestClient.ConnectAsync(_server.WebSocket);
        (await client.AskAsync("auth", content: answer.GetProperty("access_token").GetString())).Type().ShouldBe("auth_success");
    }

    [Fact]
    public async Task SignInPage_WhenItIsLookedAt_ShouldNotUseTheCode()
    {
        var code = await CodeAsync();

        var page = await GetAsync($"/signin?code={code}");
        var signedIn = await PostAsync("/auth/local", new { code });

        page.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SignInPage_ShouldRunNothingButItsOwnFiles()
    {
        var page = await GetAsync("/signin");
        var html = await page.Content.ReadAsStringAsync();

        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldNotContain("unsafe");
        html.ShouldContain("<script src=\"/signin.js\"></script>");
        html.ShouldNotContain("<style");
        html.ShouldNotContain("onclick");
        (await GetAsync("/signin.js")).Content.Headers.ContentType!.MediaType.ShouldBe("text/javascript");
        (await GetAsync("/signin.css")).Content.Headers.ContentType!.MediaType.ShouldBe("text/css");
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/signin")]
    [InlineData("/nowhere")]
    public async Task Answer_WhateverItIs_ShouldProtectBrowsers(string path)
    {
        var response = await GetAsync(path);

        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        response.Headers.Contains("Content-Security-Policy").ShouldBeTrue();
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task Request_WhenTheHostIsForeign_ShouldBeRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.Host = "rebound.example";

        await ShouldBeProblemAsync(await _server.Http.SendAsync(request), HttpStatusCode.Forbidden, "WS_007");
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/signin")]
    [InlineData("/ws/more")]
    public async Task Request_WhenAForeignHostAsksForAnUpgrade_ShouldBeRefusedAllTheSame(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = "rebound.example";
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(new byte[16]));

        await ShouldBeProblemAsync(await _server.Http.SendAsync(request), HttpStatusCode.Forbidden, "WS_007");
    }

    [Fact]
    public async Task Request_WhenItChangesSomethingFromAForeignPage_ShouldBeRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/local") { Content = JsonContent.Create(new { code = "x" }) };
        request.Headers.Add("Origin", "https://evil.example");

        await ShouldBeProblemAsync(await _server.Http.SendAsync(request), HttpStatusCode.Forbidden, "WS_006");
    }

    [Fact]
    public async Task Request_WhenThereIsNoSuchPage_ShouldBeAProblem()
    {
        await ShouldBeProblemAsync(await GetAsync("/nowhere"), HttpStatusCode.NotFound, "SERVER_004");
        await ShouldBeProblemAsync(await GetAsync("/favicon.ico"), HttpStatusCode.NotFound, "SERVER_004");
        await ShouldBeProblemAsync(await PostAsync("/health", new { }), HttpStatusCode.NotFound, "SERVER_004");
        await ShouldBeProblemAsync(await GetAsync("/ws"), HttpStatusCode.UpgradeRequired, "WS_008");
    }

    [Fact]
    public async Task Request_WhenItsBodyIsTooLarge_ShouldBeAProblem()
    {
        var response = await PostAsync("/auth/local", new { code = new string('x', 100_000) });

        await ShouldBeProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "SERVER_005");
    }

    [Theory]
    [InlineData("", "application/json")]
    [InlineData("{}", "application/json")]
    [InlineData("{\"code\":7}", "application/json")]
    [InlineData("code=x", "application/x-www-form-urlencoded")]
    public async Task SignIn_WhenTheBodyIsWrong_ShouldBeAProblem(string body, string contentType)
    {
        using var content = new StringContent(body, Encoding.UTF8, contentType);

        var response = await _server.Http.PostAsync(new Uri("/auth/local", UriKind.Relative), content);

        await ShouldBeProblemAsync(response, HttpStatusCode.BadRequest, "WS_005");
    }

    private static async Task ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        JsonDocument.Parse(text).RootElement.GetProperty("code").GetString().ShouldBe(code);
    }

    private Task<HttpResponseMessage> GetAsync(string path) => _server.Http.GetAsync(new Uri(path, UriKind.Relative));

    private Task<HttpResponseMessage> PostAsync(string path, object body) => _server.Http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body);

    private async Task<string> CodeAsync()
    {
        await using var scope = _server.Services.CreateAsyncScope();
        var code = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new CreateSignInCode());
        return code.Value.Value.Reveal();
    }
}
