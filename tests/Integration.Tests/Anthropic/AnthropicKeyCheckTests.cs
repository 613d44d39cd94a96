using Claudy.Application.Credentials.Ports;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Shared;
using Claudy.Infrastructure.Anthropic;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Claudy.Integration.Tests.Anthropic;

public sealed class AnthropicKeyCheckTests
{
    private const string Models = """{"data":[],"has_more":false,"first_id":null,"last_id":null}""";

    [Fact]
    public async Task CheckAsync_WhenTheApiTakesTheKey_ShouldSucceed()
    {
        string? sent = null;
        await using var api = await StartAsync(context =>
        {
            sent = context.Request.Headers["x-api-key"];
            return context.Response.WriteAsync(Models);
        });

        var checkedKey = await CheckAsync(api.Urls.Single(), "a-good-key");

        checkedKey.IsSuccess.ShouldBeTrue();
        sent.ShouldBe("a-good-key");
    }

    [Theory]
    [InlineData(401, "authentication_error", "invalid x-api-key", "CLAUDE_001")]
    [InlineData(403, "permission_error", "this organization is disabled", "CLAUDE_006")]
    [InlineData(400, "invalid_request_error", "Your credit balance is too low", "CLAUDE_007")]
    [InlineData(402, "billing_error", "payment is overdue", "CLAUDE_007")]
    public async Task CheckAsync_WhenTheApiRefusesTheKey_ShouldSayWhyWithoutTheKey(int status, string type, string message, string code)
    {
        var key = Guid.NewGuid().ToString("N");
        await using var api = await StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(Refusal(type, $"{message}: {key} and {key}"));
        });

        var error = (await CheckAsync(api.Urls.Single(), key)).Error.ShouldNotBeNull();

        error.Code.ShouldBe(code);
        error.Message.ShouldContain(message);
        error.Message.ShouldNotContain(key);
        error.Retryable.ShouldBeFalse();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(400)]
    [InlineData(404)]
    public async Task CheckAsync_WhenTheApiRefusesTheCheck_ShouldNotBlameTheKey(int status)
    {
        await using var api = await StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["x-should-retry"] = "false";
            return context.Response.WriteAsync(Refusal("some_error", "no"));
        });

        var error = (await CheckAsync(api.Urls.Single(), "a-key")).Error.ShouldNotBeNull();

        error.Code.ShouldBe("CLAUDE_002");
        error.Retryable.ShouldBeTrue();
        error.Details["api_status"].ShouldBe(status);
    }

    [Theory]
    [InlineData(ClaudeCredentialKind.AuthToken, null)]
    [InlineData(ClaudeCredentialKind.OAuthToken, "oauth-2025-04-20")]
    public async Task CheckAsync_WhenItIsAToken_ShouldSendItAsBearer(ClaudeCredentialKind kind, string? beta)
    {
        IHeaderDictionary? sent = null;
        await using var api = await StartAsync(context =>
        {
            sent = new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase));
            return context.Response.WriteAsync(Models);
        });

        (await CheckAsync(api.Urls.Single(), "a-token", kind)).IsSuccess.ShouldBeTrue();

        sent!.Authorization.ToString().ShouldBe("Bearer a-token");
        sent.ContainsKey("x-api-key").ShouldBeFalse();
        sent["anthropic-beta"].ToString().ShouldBe(beta ?? "");
    }

    [Fact]
    public async Task CheckAsync_WhenTheApiFails_ShouldNotBlameTheKey()
    {
        await using var api = await StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });

        (await CheckAsync(api.Urls.Single(), "a-key")).Error!.Code.ShouldBe("CLAUDE_002");
    }

    [Fact]
    public async Task CheckAsync_WhenNothingListens_ShouldNotBlameTheKey() =>
        (await CheckAsync("http://127.0.0.1:1", "a-key")).Error!.Code.ShouldBe("CLAUDE_002");

    private static string Refusal(string type, string message) => $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"{{{message}}}"}}""";

    private static async Task<Result> CheckAsync(string address, string key, ClaudeCredentialKind kind = ClaudeCredentialKind.ApiKey)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Claudy:Claude:BaseUrl"] = address;
        builder.AddAnthropicKeyCheck();
        using var host = builder.Build();
        return await host.Services.GetRequiredService<IClaudeKeyCheck>().CheckAsync(new ClaudeCredential(kind, new Secret(key)), CancellationToken.None);
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.ContentType = "application/json";
            return answer(context);
        });
        await app.StartAsync();
        return app;
    }
}
