using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Claudy.Integration.Tests.Support;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class RateTests
{
    [Fact]
    public async Task Requests_WhenAnAddressSendsTooMany_ShouldBeToldWhenToComeAgain()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:RequestBurstPerAddress"] = "3",
            ["Claudy:Limits:RequestsPerSecondPerAddress"] = "0.1",
            ["Claudy:Proxies:Trusted:0"] = "127.0.0.1",
        });
        using var http = server.Client();
        for (var i = 0; i < 3; i++)
        {
            (await GetAsync(http, "198.51.100.1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var refused = await GetAsync(http, "198.51.100.1");

        (await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "RATE_003")).ShouldNotBeNull().ShouldBeInRange(1, 10);
        refused.Headers.Contains("Content-Security-Policy").ShouldBeTrue();
        (await GetAsync(http, "198.51.100.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("198.51.100.1", "::ffff:198.51.100.1", true)]
    public async Task Requests_WhenAddressesAreOfOneNetwork_ShouldCountAsOne(string first, string second, bool areOne)
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:RequestBurstPerAddress"] = "1",
            ["Claudy:Limits:RequestsPerSecondPerAddress"] = "0.01",
            ["Claudy:Proxies:Trusted:0"] = "127.0.0.0/8",
        });
        using var http = server.Client();
        await GetAsync(http, first);

        (await GetAsync(http, second)).StatusCode.ShouldBe(areOne ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK);
    }

    [Fact]
    public async Task Upgrade_WhenItsAddressSendsTooMany_ShouldBeRefusedBeforeItIsOne()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:RequestBurstPerAddress"] = "1",
            ["Claudy:Limits:RequestsPerSecondPerAddress"] = "0.01",
        });
        await using var first = await TestClient.ConnectAsync(server.WebSocket);

        using var second = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Should.ThrowAsync<WebSocketException>(() => second.ConnectAsync(server.WebSocket, CancellationToken.None));

        second.HttpStatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.HttpResponseHeaders!["Retry-After"].ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Requests_WhenAUserSendsTooManyFromAnywhere_ShouldBeRefusedAndOthersNot()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:RequestBurstPerUser"] = "2",
            ["Claudy:Limits:RequestsPerSecondPerUser"] = "0.1",
            ["Claudy:Proxies:Trusted:0"] = "127.0.0.1",
        });
        using var http = server.Client();
        var (alice, bob) = (await server.TokenAsync("alice"), await server.TokenAsync("bob"));
        await ListAsync(http, alice, "198.51.100.1");
        await ListAsync(http, alice, "198.51.100.2");

        var refused = await ListAsync(http, alice, "198.51.100.3");

        (await refused.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "RATE_003")).ShouldNotBeNull().ShouldBeInRange(1, 10);
        (await ListAsync(http, bob, "198.51.100.3")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Frames_WhenAUserSendsTooManyOverAllConnections_ShouldBeRefusedAndNotClosed()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:RequestBurstPerUser"] = "2",
            ["Claudy:Limits:RequestsPerSecondPerUser"] = "0.1",
        });
        await using var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await first.AskAsync("list_sessions");
        await second.AskAsync("list_sessions");

        var refused = await first.AskAsync("list_sessions");

        refused.Code().ShouldBe("RATE_003");
        refused.Data().GetProperty("retryable").GetBoolean().ShouldBeTrue();
        refused.Data().GetProperty("details").GetProperty("retry_after").GetInt32().ShouldBeInRange(1, 10);
        (await first.AskAsync("ping")).Type().ShouldBe("pong");
    }

    [Fact]
    public async Task Sockets_WhenTooManyOfAnAddressHaveNotSignedIn_ShouldLetInThoseWithATokenOnly()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:MaxUnauthenticatedPerAddress"] = "1",
            ["Claudy:Http:AuthenticationTimeout"] = "00:10:00",
        });
        await using var waiting = await TestClient.ConnectAsync(server.WebSocket);
        using var refused = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };

        await Should.ThrowAsync<WebSocketException>(() => refused.ConnectAsync(server.WebSocket, CancellationToken.None));
        var token = await server.TokenAsync();
        await using var signedIn = await TestClient.ConnectAsync(server.WebSocket, options => options.SetRequestHeader("Authorization", $"Bearer {token}"));
        await signedIn.ReceiveAsync("auth_success");

        refused.HttpStatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await waiting.AskAsync("auth", content: token)).Type().ShouldBe("auth_success");
        await using var next = await TestClient.ConnectAsync(server.WebSocket);
        (await next.AskAsync("ping")).Type().ShouldBe("pong");
    }

    [Theory]
    [InlineData("Claudy:Limits:MaxConnectionsPerAddress")]
    [InlineData("Claudy:Limits:MaxConnections")]
    public async Task Connections_WhenThereAreTooMany_ShouldBeClosed(string limit)
    {
        await using var server = await ClaudyServer.StartAsync(new() { [limit] = "2" });
        using var first = await server.ConnectRawAsync();
        using var second = await server.ConnectRawAsync();

        // Whoever connects is counted a moment later.
        await Processes.Eventually.IsTrueAsync(async () => !await IsServedAsync(server), "a third connection is closed");
        first.Dispose();
        await Should.NotThrowAsync(() => Processes.Eventually.IsTrueAsync(() => IsServedAsync(server), "there is room again"));
    }

    [Fact]
    public async Task Connections_WhenTheyAreATrustedProxys_ShouldNotBeCountedByAddress()
    {
        await using var server = await ClaudyServer.StartAsync(new()
        {
            ["Claudy:Limits:MaxConnectionsPerAddress"] = "1",
            ["Claudy:Proxies:Trusted:0"] = "127.0.0.1",
        });
        using var first = await server.ConnectRawAsync();
        await first.SayAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await first.GetStream().ReadExactlyAsync(new byte[12]);

        (await IsServedAsync(server)).ShouldBeTrue();
    }

    private static async Task<bool> IsServedAsync(ClaudyServer server)
    {
        var answer = "";
        try
        {
            using var client = await server.ConnectRawAsync();
            await client.SayAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            answer = await client.HearAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // Closed before it could ask.
        }

        // Whatever the answer: so many requests may be too many for their rate.
        return answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient http, string from) =>
        http.SendAsync(HttpMethod.Get, "/health/live", null, ("X-Forwarded-For", from.Contains(':') ? $"[{from}]" : from));

    private static Task<HttpResponseMessage> ListAsync(HttpClient http, string token, string from) =>
        http.SendAsync(HttpMethod.Get, "/api/session", null, ("Authorization", $"Bearer {token}"), ("X-Forwarded-For", from));
}
