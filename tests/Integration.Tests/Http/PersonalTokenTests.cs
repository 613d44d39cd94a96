using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Application.Authentication;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

/// <summary>Personal access tokens, as their owner and as a script uses them.</summary>
public sealed class PersonalTokenTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;
    private string _access = "";

    public async Task InitializeAsync()
    {
        _server = await ClaudyServer.StartAsync(new() { ["Claudy:Auth:MaxPersonalTokensPerUser"] = "3" });
        _access = (await _server.SignInAsync()).Token.Value.Reveal();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Create_ShouldTellTheTokenOnceAndKeepItNowhere()
    {
        var response = await SendAsync(HttpMethod.Post, "/api/user/tokens", _access, new { name = "ci", expires_in_days = 30 });

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var created = await response.Content.ReadFromJsonAsync<JsonElement>();
        var token = created.GetProperty("token").GetString()!;
        token.ShouldMatch("^claudy_pat_[0-9A-Za-z]{46}$");
        (created.GetProperty("expires_at").GetDateTimeOffset() - created.GetProperty("created_at").GetDateTimeOffset()).ShouldBe(TimeSpan.FromDays(30));
        var listed = await SendAsync(HttpMethod.Get, "/api/user/tokens", _access);
        var text = await listed.Content.ReadAsStringAsync();
        text.ShouldNotContain(token);
        JsonDocument.Parse(text).RootElement.GetProperty("tokens")[0].GetProperty("name").GetString().ShouldBe("ci");
        await _server.StopAsync();
        FolderSearch.FilesWith(_server.DataPath, token).ShouldBeEmpty();
    }

    [Fact]
    public async Task Token_ShouldDoWhereverAnAccessTokenDoes()
    {
        var (id, token) = await CreateAsync();

        (await SendAsync(HttpMethod.Get, "/api/session", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var byFrame = await TestClient.ConnectAsync(_server.WebSocket);
        var success = await byFrame.AskAsync("auth", content: token);
        await using var byHeader = await TestClient.ConnectAsync(_server.WebSocket, options => options.SetRequestHeader("Authorization", $"Bearer {token}"));
        await byHeader.ReceiveAsync("auth_success");

        success.Type().ShouldBe("auth_success");
        success.Text("username").ShouldBe("local");
        success.Data().TryGetProperty("expires_at", out _).ShouldBeFalse();
        (await byFrame.AskAsync("list_sessions")).Type().ShouldBe("session_list");
        var listed = (await (await SendAsync(HttpMethod.Get, "/api/user/tokens", _access)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("tokens")[0];
        listed.GetProperty("id").GetString().ShouldBe(id);
        listed.TryGetProperty("last_used_at", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Revoke_ShouldRefuseItAndCloseItsConnections()
    {
        var (id, token) = await CreateAsync();
        await using var connection = await TestClient.ConnectAsync(_server.WebSocket);
        await connection.AskAsync("auth", content: token);

        (await SendAsync(HttpMethod.Delete, $"/api/user/tokens/{id}", _access)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await connection.ReceiveCloseAsync()).ShouldBe(4401);
        await ShouldBeProblemAsync(await SendAsync(HttpMethod.Get, "/api/session", token), HttpStatusCode.Unauthorized, "AUTH_003");
        await ShouldBeProblemAsync(await SendAsync(HttpMethod.Delete, $"/api/user/tokens/{id}", _access), HttpStatusCode.NotFound, "AUTH_015");
    }

    [Fact]
    public async Task Token_ShouldNeitherMakeNorSeeNorRevokeTokensNorEndSignIns()
    {
        var (id, token) = await CreateAsync();

        foreach (var refused in new[]
        {
            await SendAsync(HttpMethod.Post, "/api/user/tokens", token, new { name = "another" }),
            await SendAsync(HttpMethod.Get, "/api/user/tokens", token),
            await SendAsync(HttpMethod.Delete, $"/api/user/tokens/{id}", token),
            await SendAsync(HttpMethod.Post, "/auth/revoke", token),
            await SendAsync(HttpMethod.Post, "/auth/revoke", token, new { everywhere = true }),
        })
        {
            await ShouldBeProblemAsync(refused, HttpStatusCode.Forbidden, "AUTH_008");
        }

        (await SendAsync(HttpMethod.Get, "/api/session", _access)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(HttpMethod.Get, "/api/session", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_WhenItsOwnerSignsOutEverywhere_ShouldStay()
    {
        var (_, token) = await CreateAsync();

        await SendAsync(HttpMethod.Post, "/auth/revoke", _access, new { everywhere = true });

        (await SendAsync(HttpMethod.Get, "/api/session", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_WhenItsOwnerIsShutOut_ShouldEndLikeEverythingElse()
    {
        var (_, token) = await CreateAsync();
        var signedIn = await _server.SignInAsync();

        await _server.Services.GetRequiredService<SignIns>().ShutOutAsync(signedIn.User.Id);

        (await SendAsync(HttpMethod.Get, "/api/session", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(HttpMethod.Get, "/api/session", _access)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(HttpMethod.Get, "/api/session", signedIn.Token.Value.Reveal())).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Tokens_OfAnotherUser_ShouldLookLikeMissingOnes()
    {
        var (id, token) = await CreateAsync();
        var stranger = (await _server.SignInAsync("somebody-else")).Token.Value.Reveal();

        var foreign = await SendAsync(HttpMethod.Delete, $"/api/user/tokens/{id}", stranger);
        var missing = await SendAsync(HttpMethod.Delete, $"/api/user/tokens/{Guid.NewGuid()}", stranger);

        await ShouldBeProblemAsync(foreign, HttpStatusCode.NotFound, "AUTH_015");
        (await foreign.Content.ReadAsStringAsync()).ShouldBe(await missing.Content.ReadAsStringAsync());
        await ShouldBeProblemAsync(await SendAsync(HttpMethod.Delete, "/api/user/tokens/7", stranger), HttpStatusCode.NotFound, "AUTH_015");
        (await (await SendAsync(HttpMethod.Get, "/api/user/tokens", stranger)).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("tokens").GetArrayLength().ShouldBe(0);
        (await SendAsync(HttpMethod.Get, "/api/session", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Create_WhenTheLimitIsReached_ShouldBeAProblemUntilOneIsRevoked()
    {
        var (id, _) = await CreateAsync();
        await CreateAsync();
        await CreateAsync();

        await ShouldBeProblemAsync(await SendAsync(HttpMethod.Post, "/api/user/tokens", _access, new { name = "ci" }), HttpStatusCode.TooManyRequests, "AUTH_016");

        await SendAsync(HttpMethod.Delete, $"/api/user/tokens/{id}", _access);
        await CreateAsync();
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("{\"name\":\"\"}", "name")]
    [InlineData("no json", "name")]
    [InlineData("{\"name\":\"ci\",\"expires_in_days\":0}", "expires_in_days")]
    public async Task Create_WhenTheBodyIsWrong_ShouldNameTheField(string body, string field)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/user/tokens") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _access);

        var problem = await ShouldBeProblemAsync(await _server.Http.SendAsync(request), HttpStatusCode.BadRequest, "WS_005");

        problem.GetProperty("details").GetProperty("field").GetString().ShouldBe(field);
    }

    private static async Task<JsonElement> ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        var problem = JsonDocument.Parse(text).RootElement;
        problem.GetProperty("code").GetString().ShouldBe(code);
        return problem;
    }

    private async Task<(string Id, string Token)> CreateAsync()
    {
        var response = await SendAsync(HttpMethod.Post, "/api/user/tokens", _access, new { name = "ci" });
        var created = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return (created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _server.Http.SendAsync(request);
    }
}
