using System.Diagnostics;
using System.Net;
using Claudy.Application.Authentication.Ports;
using Claudy.Integration.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Edge;

public sealed class RequestLimitTests
{
    private const string Start = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n";

    public static TheoryData<string, string> TooMuch => new()
    {
        { $"GET /{new string('a', 9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n", "414" },
        { $"{Start}X-Large: {new string('a', 40_000)}\r\n\r\n", "431" },
        { $"{Start}{string.Concat(Enumerable.Range(0, 120).Select(i => $"X-{i}: a\r\n"))}\r\n", "431" },
        { "POST /auth/local HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n{", "413" },
        { "GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "400" },
        { "GET /health/live HTTP/1.1\r\n\r\n", "400" },
        { "GET /health/live HTTP/1.0\r\n\r\n", "403" },
    };

    [Theory]
    [MemberData(nameof(TooMuch))]
    public async Task Request_WhenItIsMoreThanAllowedOrAmbiguous_ShouldBeRefused(string request, string status)
    {
        await using var server = await ClaudyServer.StartAsync();
        using var client = await server.ConnectRawAsync();

        await client.SayAsync(request);

        (await client.HearAsync()).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    [Fact]
    public async Task Request_WhenItsHeadersDripIn_ShouldBeCutOff()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Limits:HeaderTimeout"] = "00:00:00.5" });
        using var client = await server.ConnectRawAsync();
        var connected = Stopwatch.StartNew();

        await client.SayAsync(Start);

        (await client.HearAsync()).ShouldStartWith("HTTP/1.1 408 ");
        connected.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Request_WhenItsBodyDripsIn_ShouldBeCutOff()
    {
        await using var server = await ClaudyServer.StartAsync();
        using var client = await server.ConnectRawAsync();

        await client.SayAsync("POST /auth/local HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{");

        (await client.HearAsync()).ShouldStartWith("HTTP/1.1 408 ");
    }

    [Fact]
    public async Task Request_WhenTheAnswerTakesTooLong_ShouldBeAProblemThatProtectsBrowsersToo()
    {
        await using var server = await ClaudyServer.StartAsync(
            new() { ["Claudy:Limits:RequestTimeout"] = "00:00:00.5" },
            change: services => services.AddSingleton<IOneTimeStore, StuckCodes>());
        using var http = server.Client();

        var answer = await http.SendAsync(HttpMethod.Post, "/auth/local", new { code = "x" });

        await answer.ShouldBeProblemAsync(HttpStatusCode.GatewayTimeout, "SERVER_007");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.Contains("Content-Security-Policy").ShouldBeTrue();
    }

    [Fact]
    public async Task WebSocket_WhenItOutlivesTheTimeoutOfRequests_ShouldGoOn()
    {
        await using var server = await ClaudyServer.StartAsync(new() { ["Claudy:Limits:RequestTimeout"] = "00:00:00.1" });
        await using var client = await server.ConnectAsync();
        var connected = Stopwatch.StartNew();

        var last = "";
        await Processes.Eventually.IsTrueAsync(
            async () =>
            {
                last = (await client.AskAsync("ping")).Type();
                return connected.Elapsed > TimeSpan.FromSeconds(0.5);
            },
            "half a second is over");

        last.ShouldBe("pong");
    }

    [Fact]
    public async Task Routes_All_ShouldHaveAStrictPolicy()
    {
        await using var server = await ClaudyServer.StartAsync();
        using var http = server.Client();
        var routes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(route => (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => (Method: method, Path: route.RoutePattern.RawText!.Replace("{id}", "x", StringComparison.Ordinal).Replace("{*path}", "/nowhere", StringComparison.Ordinal))))
            .ToList();

        routes.Count.ShouldBeGreaterThan(10);
        foreach (var (method, path) in routes)
        {
            var answer = await http.SendAsync(new HttpMethod(method), path);

            var policy = answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
            policy.ShouldStartWith("default-src 'none'");
            policy.ShouldNotContain("unsafe");
            policy.ShouldContain("frame-ancestors 'none'");
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            answer.Headers.GetValues("Permissions-Policy").Single().ShouldContain("camera=()");
            answer.Headers.GetValues("Cross-Origin-Opener-Policy").ShouldBe(["same-origin"]);
            answer.Headers.GetValues("Cross-Origin-Resource-Policy").ShouldBe(["same-origin"]);
        }
    }

    private sealed class StuckCodes : IOneTimeStore
    {
        public Task PutAsync(string key, string value, TimeSpan lifetime, CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task<string?> TakeAsync(string key, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }
    }
}
