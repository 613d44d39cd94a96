using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Claudy.Application.Authentication;
using Claudy.Integration.Tests.Support;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace Claudy.Integration.Tests.Edge;

/// <summary>Requests with headers that ordinary clients do not set themselves, and connections that are no client's at all.</summary>
internal static class EdgeRequests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>A client that keeps no cookies and follows nothing.</summary>
    public static HttpClient Client(this ClaudyServer server) =>
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }, disposeHandler: true) { BaseAddress = server.Address };

    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient client, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        return await client.SendAsync(request);
    }

    /// <summary>A fresh code of the sign-in link.</summary>
    public static async Task<string> CodeAsync(this ClaudyServer server)
    {
        await using var scope = server.Services.CreateAsyncScope();
        var code = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new CreateSignInCode());
        return code.Value.Value.Reveal();
    }

    /// <summary>Checks the status and code of a problem, and gives when to come again.</summary>
    public static async Task<int?> ShouldBeProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        JsonDocument.Parse(text).RootElement.GetProperty("code").GetString().ShouldBe(code);
        return (int?)response.Headers.RetryAfter?.Delta?.TotalSeconds;
    }

    /// <summary>A connection that says whatever the test wants.</summary>
    public static async Task<TcpClient> ConnectRawAsync(this ClaudyServer server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        return client;
    }

    public static Task SayAsync(this TcpClient client, string text) => client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

    /// <summary>All that the server says until it closes the connection.</summary>
    public static async Task<string> HearAsync(this TcpClient client)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var heard = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(heard, deadline.Token);
        }
        catch (IOException)
        {
            // Reset, which is a way to close too.
        }

        return Encoding.ASCII.GetString(heard.ToArray());
    }
}
