using Claudy.Application.Credentials.Ports;
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
    private const string Refusal = """{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}""";

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
    [InlineData(401)]
    [InlineData(403)]
    public async Task CheckAsync_WhenTheApiRefusesTheKey_ShouldSayWhy(int status)
    {
        await using var api = await StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(Refusal);
        });

        var checkedKey = await CheckAsync(api.Urls.Single(), "a-bad-key");

        checkedKey.Error!.Code.ShouldBe("CLAUDE_001");
        checkedKey.Error.Message.ShouldContain("invalid x-api-key");
        checkedKey.Error.Message.ShouldNotContain("a-bad-key");
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

    private static async Task<Result> CheckAsync(string address, string key)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["Claudy:Claude:BaseUrl"] = address;
        builder.AddAnthropicKeyCheck();
        using var host = builder.Build();
        return await host.Services.GetRequiredService<IClaudeKeyCheck>().CheckAsync(new Secret(key), CancellationToken.None);
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
