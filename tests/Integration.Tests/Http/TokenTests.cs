using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Claudy.Application.Authentication.Ports;
using Claudy.Integration.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Http;

/// <summary>Refreshing and ending sign-ins, as a client does it.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private ClaudyServer _server = null!;

    public async Task InitializeAsync() => _server = await ClaudyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Refresh_WhenTheTokenHolds_ShouldGiveTokensOfTheSameSignIn()
    {
        var signedIn = await _server.SignInAsync();

        var response = await RefreshAsync(signedIn.Refresh!.Value.Reveal());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("expires_in").GetInt64().ShouldBeInRange(800, 900);
        answer.GetProperty("refresh_expires_in").GetInt64().ShouldBeInRange((7 * 86400) - 60, 7 * 86400);
        answer.GetProperty("user").GetProperty("username").GetString().ShouldBe("local");
        var access = answer.GetProperty("access_token").GetString()!;
        SignInOf(access).ShouldBe(SignInOf(signedIn.Token.Value.Reveal()));
        (await GetSessionsAsync(access)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await RefreshAsync(answer.GetProperty("refresh_token").GetString()!)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refresh_WhenManyTryAtOnce_ShouldLetOneThroughWhichCanGoOn()
    {
        var token = (await _server.SignInAsync()).Refresh!.Value.Reveal();

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RefreshAsync(token)));

        var winner = responses.Where(response => response.StatusCode == HttpStatusCode.OK).ShouldHaveSingleItem();
        foreach (var loser in responses.Where(response => response != winner))
        {
            var problem = await ShouldBeProblemAsync(loser, HttpStatusCode.Unauthorized, "AUTH_007");
            problem.GetProperty("details").GetProperty("just_used").GetBoolean().ShouldBeTrue();
        }

        var next = (await winner.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("refresh_token").GetString()!;
        (await RefreshAsync(next)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refresh_WhenAUsedTokenComesAgain_ShouldEndTheSignInWithAllItsTokensAndConnections()
    {
        var signedIn = await _server.SignInAsync();
        var stolen = signedIn.Refresh!.Value.Reveal();
        var second = await RefreshedAsync(stolen);
        var third = await RefreshedAsync(second.Refresh);
        await using var connection = await ConnectAsync(third.Access);

        await ShouldBeProblemAsync(await RefreshAsync(stolen), HttpStatusCode.Unauthorized, "AUTH_007");

        (await connection.ReceiveCloseAsync()).ShouldBe(4401);
        await ShouldBeProblemAsync(await RefreshAsync(third.Refresh), HttpStatusCode.Unauthorized, "AUTH_007");
        await ShouldBeProblemAsync(await GetSessionsAsync(third.Access), HttpStatusCode.Unauthorized, "AUTH_006");
        await ShouldBeProblemAsync(await GetSessionsAsync(signedIn.Token.Value.Reveal()), HttpStatusCode.Unauthorized, "AUTH_006");
    }

    [Theory]
    [InlineData("{}", "WS_005", HttpStatusCode.BadRequest)]
    [InlineData("no json", "WS_005", HttpStatusCode.BadRequest)]
    [InlineData("{\"refresh_token\":7}", "WS_005", HttpStatusCode.BadRequest)]
    [InlineData("{\"refresh_token\":\"\"}", "AUTH_007", HttpStatusCode.Unauthorized)]
    [InlineData("{\"refresh_token\":\"claudy_rt_unknown\"}", "AUTH_007", HttpStatusCode.Unauthorized)]
    public async Task Refresh_WhenTheBodyIsWrong_ShouldBeAProblem(string body, string code, HttpStatusCode status)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        await ShouldBeProblemAsync(await _server.Http.PostAsync(new Uri("/auth/refresh", UriKind.Relative), content), status, code);
    }

    [Fact]
    public async Task Revoke_ShouldEndThisSignInAndNoOther()
    {
        var one = await _server.SignInAsync();
        var other = await _server.SignInAsync();
        await using var mine = await ConnectAsync(one.Token.Value.Reveal());
        await using var others = await ConnectAsync(other.Token.Value.Reveal());

        (await RevokeAsync(one.Token.Value.Reveal())).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await mine.ReceiveCloseAsync()).ShouldBe(4401);
        mine.Socket.CloseStatusDescription.ShouldBe("revoked");
        await ShouldBeProblemAsync(await RefreshAsync(one.Refresh!.Value.Reveal()), HttpStatusCode.Unauthorized, "AUTH_007");
        await ShouldBeProblemAsync(await GetSessionsAsync(one.Token.Value.Reveal()), HttpStatusCode.Unauthorized, "AUTH_006");
        (await others.AskAsync("list_sessions")).Type().ShouldBe("session_list");
        (await RefreshAsync(other.Refresh!.Value.Reveal())).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Revoke_WhenItIsEverywhere_ShouldEndAllOfThatUserOnly()
    {
        var one = await _server.SignInAsync();
        var other = await _server.SignInAsync();
        var stranger = await _server.SignInAsync("somebody-else");
        await using var connection = await ConnectAsync(other.Token.Value.Reveal());

        (await RevokeAsync(one.Token.Value.Reveal(), new { everywhere = true })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await connection.ReceiveCloseAsync()).ShouldBe(4401);
        await ShouldBeProblemAsync(await GetSessionsAsync(one.Token.Value.Reveal()), HttpStatusCode.Unauthorized, "AUTH_006");
        await ShouldBeProblemAsync(await GetSessionsAsync(other.Token.Value.Reveal()), HttpStatusCode.Unauthorized, "AUTH_006");
        (await GetSessionsAsync(stranger.Token.Value.Reveal())).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Revoke_WhenOnlyTheRefreshTokenIsLeft_ShouldDo(bool everywhere)
    {
        var one = await _server.SignInAsync();
        var other = await _server.SignInAsync();

        (await RevokeAsync(null, new { refresh_token = one.Refresh!.Value.Reveal(), everywhere })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await GetSessionsAsync(one.Token.Value.Reveal())).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await GetSessionsAsync(other.Token.Value.Reveal())).StatusCode.ShouldBe(everywhere ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
        await ShouldBeProblemAsync(
            await RevokeAsync(null, new { refresh_token = one.Refresh.Value.Reveal() }), HttpStatusCode.Unauthorized, "AUTH_007");
    }

    [Fact]
    public async Task Revoke_WhenNobodyIsSignedInOrTheBodyIsWrong_ShouldEndNothing()
    {
        var signedIn = await _server.SignInAsync();
        using var wrong = new StringContent("everywhere", System.Text.Encoding.UTF8, "text/plain");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/revoke") { Content = wrong };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", signedIn.Token.Value.Reveal());

        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/auth/revoke") { Content = new StringContent("{\"everywhere\":\"yes\"}", System.Text.Encoding.UTF8, "application/json") };
        chunked.Headers.Authorization = request.Headers.Authorization;
        chunked.Headers.TransferEncodingChunked = true;

        await ShouldBeProblemAsync(await RevokeAsync(null), HttpStatusCode.Unauthorized, "AUTH_004");
        await ShouldBeProblemAsync(await _server.Http.SendAsync(request), HttpStatusCode.BadRequest, "WS_005");
        await ShouldBeProblemAsync(await _server.Http.SendAsync(chunked), HttpStatusCode.BadRequest, "WS_005");

        (await GetSessionsAsync(signedIn.Token.Value.Reveal())).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Revoke_WhenTheServerStartsAgain_ShouldStayRevokedAndTheOthersSignedIn()
    {
        var data = Directory.CreateTempSubdirectory("claudy-");
        try
        {
            string ended;
            string stays;
            await using (var first = await ClaudyServer.StartAsync(dataPath: data.FullName))
            {
                ended = (await first.SignInAsync()).Token.Value.Reveal();
                stays = (await first.SignInAsync()).Token.Value.Reveal();
                (await RevokeAsync(ended, server: first)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
            }

            await using var second = await ClaudyServer.StartAsync(dataPath: data.FullName);

            (await GetSessionsAsync(ended, second)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await GetSessionsAsync(stays, second)).StatusCode.ShouldBe(HttpStatusCode.OK);
            await using var connection = await TestClient.ConnectAsync(second.WebSocket);
            (await connection.AskAsync("auth", content: ended)).Code().ShouldBe("AUTH_006");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Revoke_WhenAnotherProcessDidIt_ShouldReachOpenConnectionsWithinSeconds()
    {
        var signedIn = await _server.SignInAsync();
        await using var connection = await ConnectAsync(signedIn.Token.Value.Reveal());
        var store = _server.Services.GetRequiredService<IRefreshTokenStore>();

        await store.RevokeAllAsync(signedIn.User.Id, TimeProvider.System.GetUtcNow(), CancellationToken.None);

        (await connection.ReceiveCloseAsync().WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(4401);
    }

    [Fact]
    public async Task Keys_ShouldVerifyTokensByStandardMeansAndBeCached()
    {
        var token = (await _server.SignInAsync()).Token.Value.Reveal();

        using var response = await _server.Http.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));
        var json = await response.Content.ReadAsStringAsync();
        var checkedToken = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = "claudy",
            ValidAudience = "claudy",
            IssuerSigningKeys = new JsonWebKeySet(json).GetSigningKeys(),
            TryAllIssuerSigningKeys = false,
        });

        checkedToken.IsValid.ShouldBeTrue(checkedToken.Exception?.Message);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/jwk-set+json");
        response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=300");
        JsonDocument.Parse(json).RootElement.GetProperty("keys")[0].EnumerateObject().Select(field => field.Name).ShouldBe(["kty", "use", "alg", "kid", "n", "e"]);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        (await _server.Http.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Keys_WhenTheyAreRotated_ShouldHaveBothAndSignNobodyOut()
    {
        var before = (await _server.SignInAsync()).Token.Value.Reveal();
        var rotated = _server.Services.GetRequiredService<ISigningKeys>().Rotate(dropOthers: false);
        var after = (await _server.SignInAsync()).Token.Value.Reveal();

        var keys = new JsonWebKeySet(await _server.Http.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative))).Keys;

        keys.Select(key => key.Kid).ShouldBe([rotated.KeyId, new JsonWebToken(before).Kid]);
        new JsonWebToken(after).Kid.ShouldBe(rotated.KeyId);
        keys.ShouldAllBe(key => !key.HasPrivateKey);
        (await GetSessionsAsync(before)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetSessionsAsync(after)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Refresh_WhenDaysGoBy_ShouldHoldForSevenDaysAfterEachUse()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await ClaudyServer.StartAsync(change: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        var signedIn = await server.SignInAsync();

        time.Advance(TimeSpan.FromDays(6));
        var second = await RefreshedAsync(signedIn.Refresh!.Value.Reveal(), server);
        time.Advance(TimeSpan.FromDays(6));
        var third = await RefreshedAsync(second.Refresh, server);
        time.Advance(TimeSpan.FromDays(7));

        await ShouldBeProblemAsync(await RefreshAsync(third.Refresh, server), HttpStatusCode.Unauthorized, "AUTH_007");
    }

    private static string SignInOf(string accessToken) => new JsonWebToken(accessToken).GetClaim("sid").Value;

    private static async Task<JsonElement> ShouldBeProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        var problem = JsonDocument.Parse(text).RootElement;
        problem.GetProperty("code").GetString().ShouldBe(code);
        return problem;
    }

    private Task<HttpResponseMessage> RefreshAsync(string token, ClaudyServer? server = null) =>
        (server ?? _server).Http.PostAsJsonAsync(new Uri("/auth/refresh", UriKind.Relative), new { refresh_token = token });

    private async Task<(string Access, string Refresh)> RefreshedAsync(string token, ClaudyServer? server = null)
    {
        var answer = await (await RefreshAsync(token, server)).EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return (answer.GetProperty("access_token").GetString()!, answer.GetProperty("refresh_token").GetString()!);
    }

    private async Task<HttpResponseMessage> RevokeAsync(string? accessToken, object? body = null, ClaudyServer? server = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/revoke") { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = accessToken is null ? null : new AuthenticationHeaderValue("Bearer", accessToken);
        return await (server ?? _server).Http.SendAsync(request);
    }

    private async Task<HttpResponseMessage> GetSessionsAsync(string accessToken, ClaudyServer? server = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/session");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await (server ?? _server).Http.SendAsync(request);
    }

    private async Task<TestClient> ConnectAsync(string token)
    {
        var client = await TestClient.ConnectAsync(_server.WebSocket, options => options.SetRequestHeader("Authorization", $"Bearer {token}"));
        await client.ReceiveAsync("auth_success");
        return client;
    }
}
