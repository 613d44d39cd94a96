using System.Reflection;
using System.Text.Json;
using Claudy.Application.Sessions.Ports;
using Claudy.Domain.Sessions;
using Claudy.WebApi.WebSockets;

namespace Claudy.WebApi.Http;

/// <summary>Tells load balancers and operators whether the server lives, and whether it can work.</summary>
internal sealed class HealthEndpoints(ISessionStore store, AgentProbe agent, ConnectionRegistry connections)
{
    private const string Ok = "ok";
    private const string Unavailable = "unavailable";

    /// <summary>Claudy's version.</summary>
    public static string Version { get; } =
        typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", context => WriteAsync(context, StatusCodes.Status200OK, new HealthData(Ok, Version, null)));
        routes.MapGet("/health/live", context => WriteAsync(context, StatusCodes.Status200OK, new HealthData(Ok, null, null)));
        routes.MapGet("/health/ready", ReadyAsync);
    }

    private static Task WriteAsync(HttpContext context, int status, HealthData health)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(context.Response.Body, health, HttpJson.Default.HealthData, context.RequestAborted);
    }

    private async Task ReadyAsync(HttpContext context)
    {
        Dictionary<string, string> checks = new(StringComparer.Ordinal)
        {
            ["server"] = connections.IsDraining ? "shutting_down" : Ok,
            ["store"] = await CheckStoreAsync(context.RequestAborted),
            ["agent"] = (await agent.AskAsync(context.RequestAborted)).Error?.Reason ?? Ok,
        };
        var isReady = checks.Values.All(check => check == Ok);
        await WriteAsync(
            context,
            isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            new HealthData(isReady ? Ok : Unavailable, null, checks));
    }

    private async Task<string> CheckStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.FindAsync(new SessionId(Guid.Empty), cancellationToken);
            return Ok;
        }
        catch (StoreUnavailableException)
        {
            return "store_unavailable";
        }
    }
}
