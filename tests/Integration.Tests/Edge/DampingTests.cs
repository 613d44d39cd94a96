using System.Net;
using System.Net.WebSockets;
using Claudy.Integration.Tests.Processes;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class DampingTests
{
    private const string Attacker = "198.51.100.66";
    private const string Other = "198.51.100.7";

    [Fact]
    public async Task Code_WhenAnAddressGuesses_ShouldNotEvenBeLookedAt()
    {
        await using var server = await StartAsync(firstWait: "00:01:00");
        using var http = server.Client();
        for (var i = 0; i < 3; i++)
        {
            await (await SignInAsync(http, $"guess {i}", Attacker)).ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "AUTH_001");
        }

        var code = await server.CodeAsync();
        var refused = await SignInAsync(http, code, Attacker);

        (await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "RATE_004")).ShouldNotBeNull().ShouldBeInRange(1, 60);
        (await SignInAsync(http, code, Other)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Code_WhenTheWaitIsOver_ShouldBeHeardAgain()
    {
        await using var server = await StartAsync(firstWait: "00:00:00.2");
        using var http = server.Client();
        for (var i = 0; i < 3; i++)
        {
            await SignInAsync(http, $"guess {i}", Attacker);
        }

        var code = await server.CodeAsync();
        await Eventually.IsTrueAsync(async () => (await SignInAsync(http, code, Attacker)).StatusCode == HttpStatusCode.OK, "the right code is heard");
    }

    [Fact]
    public async Task Code_WhenTokensFailedBefore_ShouldBeHeard()
    {
        await using var server = await StartAsync(firstWait: "00:01:00");
        using var http = server.Client();
        for (var i = 0; i < 10; i++)
        {
            await ListAsync(http, "not.a.token", Attacker);
        }

        (await SignInAsync(http, await server.CodeAsync(), Attacker)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tokens_WhenAnAddressSendsWrongOnes_ShouldBeToldToWaitButRightOnesGetThrough()
    {
        await using var server = await StartAsync(firstWait: "00:01:00");
        using var http = server.Client();
        for (var i = 0; i < 3; i++)
        {
            await (await ListAsync(http, "not.a.token", Attacker)).ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "AUTH_003");
        }

        var refused = await ListAsync(http, "not.a.token", Attacker);

        (await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "RATE_004")).ShouldNotBeNull().ShouldBeInRange(1, 60);
        refused.Headers.Contains("WWW-Authenticate").ShouldBeFalse();
        await (await ListAsync(http, "not.a.token", Other)).ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "AUTH_003");
        (await ListAsync(http, await server.TokenAsync(), Attacker)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task AuthFrames_WhenTheyFail_ShouldCountWithUpgradesAndRequests()
    {
        await using var server = await StartAsync(firstWait: "00:01:00");
        using var http = server.Client();
        await using var client = await TestClient.ConnectAsync(server.WebSocket, options => options.SetRequestHeader("X-Forwarded-For", Attacker));
        (await client.AskAsync("auth", content: "not.a.token")).Code().ShouldBe("AUTH_003");
        (await UpgradeAsync(server, "not.a.token")).ShouldBe(HttpStatusCode.Unauthorized);
        await ListAsync(http, "not.a.token", Attacker);

        var refused = await client.AskAsync("auth", content: "not.a.token");

        refused.Code().ShouldBe("RATE_004");
        refused.Data().GetProperty("details").GetProperty("retry_after").GetInt32().ShouldBeInRange(1, 60);
        (await UpgradeAsync(server, "not.a.token")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await client.AskAsync("auth", content: await server.TokenAsync())).Type().ShouldBe("auth_success");
    }

    [Fact]
    public async Task ForeignPages_WhenTheyGuess_ShouldNotMakeTheUserWait()
    {
        await using var server = await StartAsync(firstWait: "00:01:00");
        using var http = server.Client();
        for (var i = 0; i < 10; i++)
        {
            var refused = await http.SendAsync(HttpMethod.Post, "/auth/local", new { code = "x" }, ("Origin", "https://evil.example"));
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "WS_006");
        }

        (await http.SendAsync(HttpMethod.Post, "/auth/local", new { code = await server.CodeAsync() })).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task<ClaudyServer> StartAsync(string firstWait) => ClaudyServer.StartAsync(new()
    {
        ["Claudy:Limits:FreeAttempts"] = "2",
        ["Claudy:Limits:FirstAttemptWait"] = firstWait,
        ["Claudy:Proxies:Trusted:0"] = "127.0.0.1",
        ["Claudy:Auth:AllowRemoteLocalMode"] = "true",
    });

    private static Task<HttpResponseMessage> SignInAsync(HttpClient http, string code, string from) =>
        http.SendAsync(HttpMethod.Post, "/auth/local", new { code }, ("X-Forwarded-For", from));

    private static Task<HttpResponseMessage> ListAsync(HttpClient http, string token, string from) =>
        http.SendAsync(HttpMethod.Get, "/api/session", null, ("Authorization", $"Bearer {token}"), ("X-Forwarded-For", from));

    private static async Task<HttpStatusCode> UpgradeAsync(ClaudyServer server, string token)
    {
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        socket.Options.SetRequestHeader("X-Forwarded-For", Attacker);
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(server.WebSocket, CancellationToken.None));
        return socket.HttpStatusCode;
    }
}
